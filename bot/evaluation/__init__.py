"""How well the counter understands: questions with known answers, asked of the real product, and scored.

Used by ``madoguchi eval`` and by whatever must know the figures before it publishes.
"""
