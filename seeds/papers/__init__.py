"""The Word templates that ship with the product; `python -m seeds.papers` writes them to seeds/data/papers."""
