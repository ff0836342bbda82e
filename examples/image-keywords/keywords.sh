#!/bin/sh
# The image's program, for Busybox: `count TEXT PART OF` counts the words of one part of a text, `report` finds what sets the parts apart.
set -eu
shown=6

count() {
  lines=$(wc -l < "/in/$1")
  first=$((($2 - 1) * lines / $3 + 1))
  last=$(($2 * lines / $3))
  {
    printf '#\t%s, lines %d to %d\n' "$1" "$first" "$last"
    sed -n "$first,${last}p" "/in/$1" | tr A-Z a-z | tr -cs a-z '\n' | grep -E '^.{4,}$' | sort | uniq -c | awk '{ print $2 "\t" $1 }'
  } > /out/words.tsv
}

report() {
  cd /in/words
  files=$(ls | sort -n)
  # A word says the more of a part the more often it stands there, and the more parts lack it. This awk has no logarithms.
  awk -F '\t' -v parts="$(echo "$files" | wc -l)" '
    $1 == "#" { title[FILENAME] = $2; next }
    { times[FILENAME "\t" $1] = $2; having[$1] += 1; words[FILENAME] += $2 }
    END {
      for (key in times) {
        split(key, at, "\t")
        score = times[key] * (parts - having[at[2]])
        printf "%s\t%d\t%s\t%d\t%d\t%s\n", at[1], score, at[2], times[key], words[at[1]], title[at[1]]
      }
    }' $files > /tmp/scores
  {
    printf '# What sets the parts of the book apart\n\n| Part | Words of four letters or more | Here more than elsewhere |\n|---|---|---|\n'
    sort -t "$(printf '\t')" -k 1,1n -k 2,2nr -k 3,3 /tmp/scores | awk -F '\t' -v shown="$shown" -v part=-1 '
      $1 != part { if (part >= 0) print line " |"; part = $1; left = shown; line = "| " $6 " | " $5 " |" }
      left > 0 { line = line (left < shown ? ", " : " ") $3 " (" $4 ")"; left -= 1 }
      END { print line " |" }'
  } > /out/report.md
}

"$@"
