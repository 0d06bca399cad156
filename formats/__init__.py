"""Bytes in and out: workbooks and kept files. Nothing here knows the web or the database session."""
