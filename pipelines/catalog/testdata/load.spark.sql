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
  `rating` INT COMMENT 'How good the curator finds it, 1 to 5 stars; null if not rated.',
  `disease_id` BIGINT COMMENT 'The disease it is about.',
  `therapies` ARRAY<STRING> COMMENT 'The therapies of predictive evidence. The name of the therapy.',
  `accepted_at` TIMESTAMP COMMENT 'When and by whom it was accepted. When it was made.',
  `score` DOUBLE COMMENT 'The profile it is about. The sum of its accepted evidence, weighted by level and rating.',
  `flagged` BOOLEAN COMMENT 'Whether an open flag is on the record.',
  `label` STRING COMMENT 'A label.'
)
USING parquet
LOCATION '${civic}/items/items.parquet'
COMMENT 'One row for each accepted item.';

DROP TABLE IF EXISTS `disease`;
CREATE TABLE `disease` (
  `item_id` BIGINT COMMENT 'The number in EID.',
  `place` INT,
  `therapy` STRING COMMENT 'The therapies of predictive evidence. The name of the therapy.',
  `disease_id` BIGINT COMMENT 'The disease it is about; null for some functional and predisposing evidence. The number of the disease.'
)
USING parquet
LOCATION '${civic}/items/disease.parquet'
COMMENT 'Therapies of each item.';

DROP TABLE IF EXISTS `my_groups`;
CREATE TABLE `my_groups` (
  `id` BIGINT COMMENT 'The number of the group.',
  `name` STRING COMMENT 'The name of the variant group.',
  `variant_ids` STRING COMMENT 'The variants in it. The number in VID.'
)
USING csv OPTIONS (sep '\t', header 'true', quote '"', escape '"', multiLine 'true', mode 'FAILFAST', nullValue 'NA')
LOCATION '${civic}/my-groups/my-groups.tsv.gz';

DROP TABLE IF EXISTS `my_groups_items`;
CREATE TABLE `my_groups_items` (
  `group_id` BIGINT COMMENT 'The number of the group.',
  `place` INT,
  `variant_id` BIGINT COMMENT 'The variants in it. The number in VID.',
  `kind` STRING COMMENT 'The variants in it. Which type of the API it is.'
)
USING csv OPTIONS (sep '\t', header 'true', quote '"', escape '"', multiLine 'true', mode 'FAILFAST', nullValue 'NA')
LOCATION '${civic}/my-groups/items.tsv.gz'
COMMENT 'Its name is another\'s too.';
