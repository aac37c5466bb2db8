"""One CRM and the hub: reading it, hearing it, writing to it, and what became of each write."""
