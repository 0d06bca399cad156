"""The list engine: an address becomes a query, a query becomes a page, an export or a search."""
