-- Written by civic-etl: declares every table over its files here, with exact types. The
-- variable civic is this folder:
--   spark-sql -d civic="$PWD" -f load.spark.sql
-- or in PySpark:
--   spark.sql("SET civic=/path/to/this/folder")
--   for statement in open("load.spark.sql").read().split(";\n"):
--       if statement.strip(): spark.sql(statement)
-- Partitions are found when a table is read, so that the next run's are there too.

DROP TABLE IF EXISTS `diseases`;
CREATE TABLE `diseases` (
  `id` BIGINT COMMENT 'The disease\'s id.',
  `name` STRING COMMENT 'Its name | with a bar, a <tag>, \u0024{civic}, a \\ and a \'quote\'.'
)
USING parquet
LOCATION '${civic}/diseases/diseases.parquet'
COMMENT 'Diseases.';

DROP TABLE IF EXISTS `items`;
CREATE TABLE `items` (
  `id` BIGINT COMMENT 'The item.',
  `level` STRING COMMENT 'A to E.',
  `rating` INT,
  `disease_id` BIGINT COMMENT 'The disease it is about.',
  `therapies` ARRAY<STRING>,
  `accepted_at` TIMESTAMP,
  `score` DOUBLE,
  `flagged` BOOLEAN,
  `label` STRING COMMENT 'A label.'
)
USING parquet
LOCATION '${civic}/items/items.parquet'
COMMENT 'One row for each accepted item.';

DROP TABLE IF EXISTS `disease`;
CREATE TABLE `disease` (
  `item_id` BIGINT,
  `place` INT,
  `therapy` STRING,
  `disease_id` BIGINT
)
USING parquet
LOCATION '${civic}/items/disease.parquet'
COMMENT 'Therapies of each item.';

DROP TABLE IF EXISTS `my_groups`;
CREATE TABLE `my_groups` (
  `id` BIGINT,
  `name` STRING,
  `variant_ids` STRING
)
USING csv OPTIONS (sep '\t', header 'true', quote '"', escape '"', multiLine 'true', mode 'FAILFAST', nullValue 'NA')
LOCATION '${civic}/my-groups/my-groups.tsv.gz';

DROP TABLE IF EXISTS `my_groups_items`;
CREATE TABLE `my_groups_items` (
  `group_id` BIGINT,
  `place` INT,
  `variant_id` BIGINT,
  `kind` STRING
)
USING csv OPTIONS (sep '\t', header 'true', quote '"', escape '"', multiLine 'true', mode 'FAILFAST', nullValue 'NA')
LOCATION '${civic}/my-groups/items.tsv.gz'
COMMENT 'Its name is another\'s too.';
