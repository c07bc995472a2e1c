"""How well a text was understood."""
import re


def words(text):
    return re.sub(r"[^a-z0-9' ]", " ", text.lower().replace("’", "'")).split()


def word_errors(reference, recognised):
    """Words inserted, deleted and replaced (Levenshtein), over words; and the words of the reference."""
    expected, found = words(reference), words(recognised)
    row = list(range(len(found) + 1))
    for i, word in enumerate(expected, 1):
        previous, row = row, [i]
        for j, other in enumerate(found, 1):
            row.append(min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (word != other)))
    return row[-1], len(expected)
