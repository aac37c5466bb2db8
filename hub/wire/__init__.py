"""Codecs and signature helpers that plugins share. Pure: bytes and strings in, bytes and strings out."""
