"""Reads the VCF of civic-etl with pysam and vcfpy, and compares it with CIViCpy's.

python vcf_check.py BINARY URL FOLDER
"""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pysam
import requests
import vcfpy
from civicpy import civic
from civicpy.exports.civic_vcf_record import CivicVcfRecord
from civicpy.exports.civic_vcf_writer import CivicVcfWriter

binary, url, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
IDS = list(range(1, 61))
FIXED = {"id", "build", "chromosome", "start", "reference_bases", "variant_bases"}


def ask(query, **variables):
    answer = requests.post(url, json={"query": query, "variables": variables}, timeout=60).json()
    assert "errors" not in answer, answer
    return answer["data"]


def run(name, *flags):
    out = folder / name
    args = [binary, "run", "variants_vcf", "--endpoint", url, "--out", str(out), "--progress", "none",
            "--set", "source.rate_limit.requests=1000000"]
    ids = "[" + ",".join(map(str, IDS)) + "]"
    done = subprocess.run([*args, "--set", "extract.args.ids=" + ids, *flags], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    subprocess.run([binary, "verify", str(out)], check=True, capture_output=True)
    return out


def lengths(path):
    return {c.name: c.length for c in pysam.VariantFile(str(path)).header.contigs.values()}


def bases(text):
    return "" if text in (None, "-") else text


def coordinates():
    """The curated coordinates on GRCh37 of the variants, from the API."""
    fields = "chromosome start referenceBases variantBases representativeTranscript referenceBuild"
    query = "query($ids: [Int!]) { variants(ids: $ids, first: 300) { nodes { id ... on GeneVariant { coordinates { %s } } } } }"
    nodes = ask(query % fields, ids=IDS)["variants"]["nodes"]
    return {n["id"]: n["coordinates"] for n in nodes if (n.get("coordinates") or {}).get("referenceBuild") == "GRCH37"}


def genome(path, sizes, places, records):
    """A sparse FASTA file that holds the bases of records and places, and a G before each place, with its index."""
    offset, index, start_of = 0, "", {}
    with open(path, "wb") as out:
        for name, size in sizes.items():
            title = f">{name}\n".encode()
            out.seek(offset)
            out.write(title)
            offset += len(title)
            start_of[name] = offset
            index += f"{name}\t{size}\t{offset}\t{size}\t{size + 1}\n"
            offset += size + 1
        out.truncate(offset)
        for r in records:
            out.seek(start_of[r.chrom] + r.pos - 1)
            out.write(r.ref.encode())
        for c in sorted(places.values(), key=lambda c: (c["chromosome"], -c["start"])):
            if c["chromosome"] in start_of and c["start"]:
                out.seek(start_of[c["chromosome"]] + c["start"] - 2)
                out.write(b"G" + (bases(c["referenceBases"]) or "C").encode())
    Path(str(path) + ".fai").write_text(index)
    return lambda name, at, n: read_at(path, start_of[name] + at - 1, n)


def read_at(path, at, n):
    with open(path, "rb") as file:
        file.seek(at)
        return file.read(n).decode()


def evidence_of(variant):
    """Accepted evidence of the variant, by its own query, with the profile of each item."""
    query = "query($id: Int!) { evidenceItems(variantId: $id, status: ACCEPTED, first: 100) { nodes { id molecularProfile { id } } } }"
    return {n["id"]: n["molecularProfile"]["id"] for n in ask(query, id=variant)["evidenceItems"]["nodes"]}


def evidence(i):
    """An evidence item, with the records that CIViCpy links when it fills its cache."""
    [item] = civic._get_elements_by_ids("evidence", [i])
    item.therapies, item.phenotypes, item.assertions = [], [], []  # one request each, and not compared
    return item


def civicpy_vcf(path, ids, read_base):
    """What `civicpy create-vcf --include-status accepted` writes of the variants."""
    civic.API_URL = url
    civic.CACHE["none"] = None  # or CIViCpy downloads a cache
    real = requests.get

    def ensembl(address, **kwargs):
        if "grch37.rest.ensembl.org" not in address:
            return real(address, **kwargs)
        chromosome, span = address.rsplit("/", 1)[1].split(":")
        answer = requests.Response()
        answer.status_code, answer._content = 200, read_base(chromosome, int(span.split("-")[0]), 1).encode()
        return answer

    requests.get = ensembl
    records = []
    for variant in civic.get_variants_by_ids(ids):
        items = evidence_of(variant.id)
        profiles = civic.get_molecular_profiles_by_ids(sorted(set(items.values()))) if items else []
        for profile in profiles:
            profile.evidence_items = [evidence(i) for i, p in items.items() if p == profile.id]
        variant.molecular_profiles = profiles
        if items and variant.is_valid_for_vcf():
            records.append(CivicVcfRecord(variant, ["accepted"]))
    requests.get = real
    CivicVcfWriter(str(path), records)


def read(path):
    return {int(r.id): r for r in pysam.VariantFile(str(path))}


def compare_with_civicpy():
    places = coordinates()
    without = run("without") / "variants_grch37.vcf"
    read_base = genome(folder / "GRCh37.fa", lengths(without), places, read(without).values())
    out = run("indels", "--set", f"load.formats.vcf.reference_grch37={folder / 'GRCh37.fa'}")
    civicpy_vcf(folder / "civicpy.vcf", sorted(places), read_base)
    ours, theirs = read(out / "variants_grch37.vcf"), read(folder / "civicpy.vcf")
    same = indels = 0
    for i in sorted(ours.keys() & theirs.keys()):
        a, b, c = ours[i], theirs[i], places[i]
        if bases(c["referenceBases"]) and bases(c["variantBases"]) and len(c["referenceBases"]) != len(c["variantBases"]):
            continue  # CIViCpy puts a base before both alleles, which have bases already
        assert (a.chrom, a.pos, a.ref, a.alts) == (b.chrom, b.pos, b.ref, b.alts), (i, str(a), str(b))
        entries = [e.split("|") for e in b.info.get("CSQ", ())]
        found = {int(e[21]) for e in entries if e[20] == "evidence"}
        assert set(a.info.get("evidence_ids", ())) == found, (i, found, str(a))
        assert a.info["gene"] == b.info["GN"]
        same, indels = same + 1, indels + ("reference_base_added" in a.info)
    assert same > 20 and indels > 0, (same, indels)
    for i in ours.keys() - theirs.keys():
        c = places.get(i)
        indel = c and (not bases(c["referenceBases"]) or not bases(c["variantBases"]))
        # CIViCpy needs evidence, curated coordinates on GRCh37, and a transcript for an indel. It takes a dash for a letter.
        assert not evidence_of(i) or ours[i].info["source"] == "hgvs" or indel, str(ours[i])
    for i in theirs.keys() - ours.keys():
        c = places[i]
        reference = bases(c["referenceBases"])
        differs = read_base(c["chromosome"], c["start"], len(reference)) != reference
        assert differs, f"variant {i} is only in CIViCpy's file: {theirs[i]}"
    print(f"{same} records equal to CIViCpy's, {indels} of them indels; "
          f"{len(ours.keys() - theirs.keys())} only here, {len(theirs.keys() - ours.keys())} only there")


def value(v):
    """A value of INFO as NDJSON has it. pysam and vcfpy give the dot of a null in a list of texts as it is."""
    if isinstance(v, (list, tuple)):
        return [None if e == "." else value(e) for e in v]
    return unquote(v) if isinstance(v, str) else v


def plain(v):
    """A value of NDJSON as VCF can tell it: no empty texts and lists."""
    if isinstance(v, list):
        return [None if e == "" else e for e in v] or None
    return None if v == "" else v


def compare_with_ndjson():
    out = run("formats", "--format", "vcf,ndjson", "--set", "load.formats.vcf.compression=bgzip")
    manifest = json.loads((out / "_manifest.json").read_text())
    total = 0
    for build in ("37", "38"):
        name = f"variants_grch{build}"
        rows = {r["id"]: r for r in map(json.loads, (out / f"{name}.ndjson").open(encoding="utf-8"))}
        path = str(out / f"{name}.vcf.gz")
        [file] = [f for f in manifest["tables"][name]["files"] if f["format"] == "vcf"]
        by_pysam = read(path)
        with vcfpy.Reader.from_path(path) as reader:
            by_vcfpy = {int(r.ID[0]): r for r in reader}
        assert by_pysam.keys() == by_vcfpy.keys() and len(by_pysam) == file["rows"]
        assert len(rows) == file["rows"] + sum(file["left_out"].values())
        for i, r in by_pysam.items():
            row, v = rows[i], by_vcfpy[i]
            assert (r.chrom, r.pos, r.ref, r.alts) == (row["chromosome"], row["start"], row["reference_bases"], (row["variant_bases"],))
            assert (v.CHROM, v.POS, v.REF, [a.value for a in v.ALT]) == (r.chrom, r.pos, r.ref, list(r.alts))
            for field, wanted in row.items():
                if field in FIXED:
                    continue
                wanted = plain(wanted)
                got = value(r.info[field]) if field in r.info else None
                assert got == wanted, (i, field, got, wanted)
                got = v.INFO.get(field)  # vcfpy reads a list of one null as no list
                assert value(got) == wanted or got == [] and wanted in (None, [None]), (i, field, got, wanted)
                total += 1
        pysam.tabix_index(path, preset="vcf", force=True)
        place = {"37": 140453136, "38": 140753336}[build]
        with pysam.VariantFile(path) as indexed:
            [record] = list(indexed.fetch("7", place - 1, place))
        assert record.info["gene"] == "BRAF" and record.info["variant"] == "V600E" and record.alts == ("T",), str(record)
    assert total > 500, total
    print(f"{total} values equal in pysam, vcfpy and NDJSON")


compare_with_ndjson()
compare_with_civicpy()
