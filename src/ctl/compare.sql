-- SPDX-FileCopyrightText: 2026 Arcology Builder contributors
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Prints the statements that compare two databases, `main` and `other`: for each table of one of
-- both, they add rows to the tables `difference (name, note, surplus, missing)` and `total (n)`.

-- The columns to compare. The tables of virtual ones hold the same data in forms that depend on
-- history.
CREATE TEMP TABLE cols AS
  SELECT l.schema AS side, l.name AS name, c.cid AS cid, c.name AS col
  FROM pragma_table_list l JOIN pragma_table_info (l.name, l.schema) c
  WHERE l.schema IN ('main', 'other') AND l.type IN ('table', 'virtual')
    AND substr (l.name, 1, 7) <> 'sqlite_' AND l.name <> 'arcology'
    AND (l.name <> 'files' OR c.name <> 'atime')
  ORDER BY l.schema, l.name, c.cid;

-- An expression for the path of the note that a row r belongs to, in hexadecimal digits: of its own
-- column, in org-roam's tables and in those that are added to them, or of the row that it refers to,
-- which can be the one that is missing.
CREATE TEMP TABLE notes AS
  SELECT side, name, -1 AS cid, 'hex (r.file)' AS note FROM cols WHERE col = 'file'
  UNION ALL
  SELECT c.side, c.name, c.cid,
    printf ('coalesce ((SELECT hex (p.file) FROM main."%w" p WHERE p."%w" = r."%w"),'
            || ' (SELECT hex (p.file) FROM other."%w" p WHERE p."%w" = r."%w"))',
            f."table", f."to", c.col, f."table", f."to", c.col)
  FROM cols c
    JOIN pragma_foreign_key_list (c.name, c.side) f ON f."from" = c.col
    JOIN cols p ON p.side = c.side AND p.name = f."table" AND p.col = 'file'
  WHERE f."to" IS NOT NULL;

-- A query of the rows of a table: k, which is all of a row as text, note and n. hex() gives the
-- bytes, whatever they are; quote() would stop at a NUL in text.
CREATE TEMP TABLE sides AS
  SELECT side, name,
    printf ('SELECT k, max (note) AS note, count (*) AS n'
            || ' FROM (SELECT ''''%s AS k, %s AS note FROM %s."%w" r) GROUP BY k',
            group_concat (printf ('||%Q||''=''||typeof (r."%w")||'':''||CASE WHEN typeof (r."%w")'
                                  || ' IN (''text'', ''blob'') THEN hex (r."%w")'
                                  || ' ELSE quote (r."%w") END||'',''',
                                  col, col, col, col, col), ''),
            coalesce ((SELECT note FROM notes n WHERE n.side = cols.side AND n.name = cols.name
                       ORDER BY cid LIMIT 1), 'NULL'),
            side, name) AS rows
  FROM cols GROUP BY side, name;

SELECT printf ('
CREATE TEMP TABLE a AS %s;
CREATE TEMP TABLE b AS %s;
CREATE INDEX ak ON a (k);
CREATE INDEX bk ON b (k);
INSERT INTO total SELECT coalesce (sum (n), 0) FROM a;
INSERT INTO difference
  SELECT %Q, note, sum (surplus), sum (missing)
  FROM (SELECT a.note AS note, a.n - coalesce (b.n, 0) AS surplus, 0 AS missing
        FROM a LEFT JOIN b ON b.k = a.k WHERE a.n > coalesce (b.n, 0)
        UNION ALL
        SELECT b.note, 0, b.n - coalesce (a.n, 0)
        FROM b LEFT JOIN a ON a.k = b.k WHERE b.n > coalesce (a.n, 0))
  GROUP BY note;
DROP TABLE temp.a;
DROP TABLE temp.b;
',
               coalesce ((SELECT rows FROM sides m WHERE m.side = 'main' AND m.name = s.name), none),
               coalesce ((SELECT rows FROM sides o WHERE o.side = 'other' AND o.name = s.name), none),
               s.name)
FROM (SELECT DISTINCT name FROM sides) s,
  (SELECT 'SELECT NULL AS k, NULL AS note, 0 AS n WHERE 0' AS none);
