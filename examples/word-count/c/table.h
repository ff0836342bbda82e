/* A list of words with a count each: filled in any order, then sorted and made unique. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdio.h>

struct entry {
  char *word;
  unsigned long count;
};

struct table {
  struct entry *entries;
  size_t length;
  size_t room;
};

/* Says why and ends the program with exit code 2. */
_Noreturn void fail(const char *what, const char *about);

/* Reads a whole file, with a zero byte behind it; NULL when there is none of that name. The caller frees it. */
char *read_file(const char *path, size_t *length);

/* Appends a word, which the table does not copy. */
void add(struct table *table, char *word, unsigned long count);

/* Sorts by the words' bytes and adds up the counts of equal ones. */
void unite(struct table *table);

/* Writes one line for each entry: word, tab, count. */
void write_table(const struct table *table, const char *path);

#endif
