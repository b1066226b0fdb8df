"""An answering model of any ward's existing FAQ: read the file, index it, rank its answers.

Needs no Rasa, no training and no model of ours; what it knows of how residents speak comes from the
questions of the shipped scenarios and from word vectors (docs/adr/0015).
"""
