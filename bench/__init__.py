"""What the hub costs, measured: `python -m bench`. Prints tables and a last line `RESULT {json}`.

Speed is told as a ratio to a bare aiohttp handler in the same process and the same run, because requests per second
say more about the machine than about the hub. Three processes: this one directs, one is under test, one makes the load.
"""
