"""Side-by-side measurements: Madoguchi as shipped and stock Rasa, in one run."""
