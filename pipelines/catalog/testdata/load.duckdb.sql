-- Written by civic-etl: loads every table here with its exact types, all or none. In this folder:
--   duckdb civic.duckdb -f load.duckdb.sql
-- From elsewhere, first: SET file_search_path = '/path/to/this/folder';
-- A second time it replaces the tables by what the files hold then.
BEGIN TRANSACTION;

CREATE OR REPLACE TABLE "diseases" (
  "id" BIGINT NOT NULL,
  "name" VARCHAR NOT NULL,
  PRIMARY KEY ("id")
);
INSERT INTO "diseases" BY NAME SELECT * FROM read_parquet('diseases/diseases.parquet', hive_partitioning = false);
COMMENT ON TABLE "diseases" IS 'Diseases.';
COMMENT ON COLUMN "diseases"."id" IS 'The disease''s id.';
COMMENT ON COLUMN "diseases"."name" IS 'Its name | with a bar, a <tag>, ${civic}, a \ and a ''quote''.';

CREATE OR REPLACE TABLE "items" (
  "id" BIGINT NOT NULL,
  "level" VARCHAR NOT NULL,
  "rating" INTEGER,
  "disease_id" BIGINT,
  "therapies" VARCHAR[] NOT NULL,
  "accepted_at" TIMESTAMP WITH TIME ZONE,
  "score" DOUBLE NOT NULL,
  "flagged" BOOLEAN NOT NULL,
  "label" VARCHAR NOT NULL,
  PRIMARY KEY ("id")
);
INSERT INTO "items" BY NAME SELECT * FROM read_parquet('items/items.parquet/**/*.parquet', hive_partitioning = true, hive_types = {'level': 'VARCHAR'});
COMMENT ON TABLE "items" IS 'One row for each accepted item.';
COMMENT ON COLUMN "items"."id" IS 'The item.';
COMMENT ON COLUMN "items"."level" IS 'A to E.';
COMMENT ON COLUMN "items"."rating" IS 'How good the curator finds it, 1 to 5 stars; null if not rated.';
COMMENT ON COLUMN "items"."disease_id" IS 'The disease it is about.';
COMMENT ON COLUMN "items"."therapies" IS 'The therapies of predictive evidence. The name of the therapy.';
COMMENT ON COLUMN "items"."accepted_at" IS 'When and by whom it was accepted. When it was made.';
COMMENT ON COLUMN "items"."score" IS 'The profile it is about. The sum of its accepted evidence, weighted by level and rating.';
COMMENT ON COLUMN "items"."flagged" IS 'Whether an open flag is on the record.';
COMMENT ON COLUMN "items"."label" IS 'A label.';

CREATE OR REPLACE TABLE "disease" (
  "item_id" BIGINT NOT NULL,
  "place" INTEGER NOT NULL,
  "therapy" VARCHAR NOT NULL,
  "disease_id" BIGINT
);
INSERT INTO "disease" BY NAME SELECT * FROM read_parquet('items/disease.parquet', hive_partitioning = false);
COMMENT ON TABLE "disease" IS 'Therapies of each item.';
COMMENT ON COLUMN "disease"."item_id" IS 'The number in EID.';
COMMENT ON COLUMN "disease"."therapy" IS 'The therapies of predictive evidence. The name of the therapy.';
COMMENT ON COLUMN "disease"."disease_id" IS 'The disease it is about; null for some functional and predisposing evidence. The number of the disease.';

CREATE OR REPLACE TABLE "my_groups" (
  "id" BIGINT NOT NULL,
  "name" VARCHAR NOT NULL,
  "variant_ids" VARCHAR NOT NULL
);
INSERT INTO "my_groups" BY NAME SELECT * FROM read_csv('my-groups/my-groups.tsv.gz', delim = '	', header = true, quote = '"', escape = '"', nullstr = 'NA', allow_quoted_nulls = false, auto_detect = false, max_line_size = 67108864, columns = {'id': 'BIGINT', 'name': 'VARCHAR', 'variant_ids': 'VARCHAR'}, hive_partitioning = false);
COMMENT ON COLUMN "my_groups"."id" IS 'The number of the group.';
COMMENT ON COLUMN "my_groups"."name" IS 'The name of the variant group.';
COMMENT ON COLUMN "my_groups"."variant_ids" IS 'The variants in it. The number in VID.';

CREATE OR REPLACE TABLE "my_groups_items" (
  "group_id" BIGINT NOT NULL,
  "place" INTEGER NOT NULL,
  "variant_id" BIGINT NOT NULL,
  "kind" VARCHAR,
  PRIMARY KEY ("group_id", "place")
);
INSERT INTO "my_groups_items" BY NAME SELECT * FROM read_csv('my-groups/items.tsv.gz/**/*.tsv.gz', delim = '	', header = true, quote = '"', escape = '"', nullstr = 'NA', allow_quoted_nulls = false, auto_detect = false, max_line_size = 67108864, columns = {'group_id': 'BIGINT', 'place': 'INTEGER', 'variant_id': 'BIGINT'}, hive_partitioning = true, hive_types = {'kind': 'VARCHAR'});
COMMENT ON TABLE "my_groups_items" IS 'Its name is another''s too.';
COMMENT ON COLUMN "my_groups_items"."group_id" IS 'The number of the group.';
COMMENT ON COLUMN "my_groups_items"."variant_id" IS 'The variants in it. The number in VID.';
COMMENT ON COLUMN "my_groups_items"."kind" IS 'The variants in it. Which type of the API it is.';

COMMIT;
