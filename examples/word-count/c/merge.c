/* Adds up the counts of all parts; the most frequent words come first, equally frequent ones in the order of their bytes. */
#include <stdlib.h>
#include <string.h>

#include "table.h"

static void add_lines(struct table *table, char *text, const char *path) {
  for (char *line = text; *line != 0;) {
    char *tab = strchr(line, '\t');
    char *end = strchr(line, '\n');
    if (tab == NULL || end == NULL || tab > end) fail("malformed counts", path);
    char *after;
    const unsigned long count = strtoul(tab + 1, &after, 10);
    if (after != end || count == 0) fail("malformed counts", path);
    *tab = 0;
    add(table, line, count);
    line = end + 1;
  }
}

static int by_count(const void *one, const void *other) {
  const struct entry *a = one, *b = other;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  return strcmp(a->word, b->word);
}

int main(void) {
  struct table table = {0};
  size_t tasks = 0;
  for (;; tasks += 1) {
    char path[64];
    size_t length;
    snprintf(path, sizeof path, "/in/counts/%zu", tasks);
    char *text = read_file(path, &length);
    if (text == NULL) break;
    add_lines(&table, text, path);
  }
  if (tasks == 0) fail("there are no counts", "/in/counts");
  unite(&table);
  qsort(table.entries, table.length, sizeof *table.entries, by_count);
  write_table(&table, "/out/words.tsv");
  return 0;
}
