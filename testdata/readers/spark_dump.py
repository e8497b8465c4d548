"""Reads files with Spark and prints what it saw, for the Go tests to compare.

usage: spark_dump.py CASES OUT

CASES is a JSON list of {"name", "path", "format", "columns"?} or {"name",
"query", "count"?}; for each, the file OUT/name.jsonl is written: first a line
{"schema": [[column, type], ...]}, then one JSON array a row, or with "count" their
number and that of the columns with a comment. Timestamps are microseconds since
the epoch, dates days since it, doubles the text that Python's repr gives: nothing
is lost on the way. A case {"script"} is a load.spark.sql, {"code"} the Python of a
page; both are run before what follows. One JVM reads all cases.
"""

import datetime
import json
import os
import sys
import time

from pyspark.sql import SparkSession

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY_ZERO = datetime.date(1970, 1, 1)


def canonical(value):
    if isinstance(value, (list, tuple)):
        return [canonical(v) for v in value]
    if isinstance(value, datetime.datetime):
        return (value.astimezone(datetime.timezone.utc) - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.date):
        return (value - DAY_ZERO).days
    if isinstance(value, float):
        return repr(value)
    return value


def run(spark, script):
    """Runs load.spark.sql as its first lines say."""
    spark.sql("SET civic=" + os.path.dirname(script))
    for statement in open(script, encoding="utf-8").read().split(";\n"):
        if statement.strip():
            spark.sql(statement)


def frame_of(spark, case):
    if "query" in case:
        return spark.sql(case["query"])
    reader = spark.read
    if case["format"] == "json":
        reader = reader.schema(case["columns"]).option("mode", "FAILFAST")
    return reader.format(case["format"]).load(case["path"])


def dump(frame, case, folder):
    with open(os.path.join(folder, case["name"] + ".jsonl"), "w", encoding="utf-8") as out:
        print(json.dumps({"schema": [[f.name, f.dataType.simpleString()] for f in frame.schema.fields]}), file=out)
        if case.get("count"):
            print(json.dumps({"rows": frame.count(), "comments": sum("comment" in f.metadata for f in frame.schema.fields)}), file=out)
            return
        for row in frame.collect():
            print(json.dumps([canonical(v) for v in row]), file=out)


def main(cases, folder):
    # Python turns Spark's timestamps into local time without a zone.
    os.environ["TZ"] = "UTC"
    time.tzset()
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("civic-etl readers")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
        .config("spark.sql.warehouse.dir", os.path.join(folder, "warehouse"))
        .config("spark.local.dir", os.path.join(folder, "local"))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    with open(cases, encoding="utf-8") as f:
        for case in json.load(f):
            if "script" in case:
                run(spark, case["script"])
            elif "code" in case:
                exec(case["code"], {"spark": spark})
            else:
                dump(frame_of(spark, case), case, folder)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
