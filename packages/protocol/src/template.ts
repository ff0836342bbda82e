// Arguments with variables: `${item.x}`, `${index}`, `${seed}`; `$${` stands for a literal `${`.

const VARIABLE = /\$(\$\{)|\$\{([^}]*)\}/g;
const OPEN = /\$\{[^}]*$/;

/** Names of all variables in a template, in order, as they are written. */
export function variablesOf(template: string): readonly string[] {
  const names: string[] = [];
  for (const match of template.matchAll(VARIABLE)) {
    if (match[2] !== undefined) names.push(match[2].trim());
  }
  return names;
}

/** Whether a variable is opened and never closed. */
export function hasOpenVariable(template: string): boolean {
  return OPEN.test(template.replaceAll("$${", ""));
}

/** The template with every variable replaced; `lookUp` knows all of them, since the spec was checked when it was parsed. */
export function fillTemplate(template: string, lookUp: (name: string) => string): string {
  return template.replaceAll(VARIABLE, (_match: string, escaped: string | undefined, name: string | undefined) =>
    escaped === undefined ? lookUp((name ?? "").trim()) : escaped,
  );
}
