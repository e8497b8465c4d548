import http.client, json, os, sys, urllib.parse

QUERY = """query($after: String) { evidenceItems(status: ALL, first: 100, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes {
    id status evidenceLevel evidenceType evidenceDirection significance evidenceRating variantOrigin therapyInteractionType
    flagged openRevisionCount description molecularProfile { id name molecularProfileScore variants { name } }
    disease { id name doid diseaseAliases } therapies { name } phenotypes { hpoId }
    source { id citationId citation sourceType title publicationYear } submissionEvent { createdAt } acceptanceEvent { createdAt } } } }"""


def rows(server):
    after = None
    while True:
        body = json.dumps({"query": QUERY, "variables": {"after": after}})
        server.request("POST", "/api/graphql", body, {"Content-Type": "application/json"})
        page = json.loads(server.getresponse().read())["data"]["evidenceItems"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def flat(node):
    profile, disease, source = node["molecularProfile"] or {}, node["disease"] or {}, node["source"] or {}
    row = {key: value for key, value in node.items() if not isinstance(value, (dict, list))}
    row.update(profile_id=profile.get("id"), profile=profile.get("name"), score=profile.get("molecularProfileScore"))
    row.update(variants=[v["name"] for v in profile.get("variants") or []])
    row.update(disease_id=disease.get("id"), disease=disease.get("name"), doid=disease.get("doid"))
    row.update(disease_aliases=disease.get("diseaseAliases"))
    row.update(therapies=[t["name"] for t in node["therapies"] or []], phenotypes=[p["hpoId"] for p in node["phenotypes"] or []])
    row.update({"source_" + key: value for key, value in source.items()})
    for event in "submissionEvent", "acceptanceEvent":
        row[event] = (node[event] or {}).get("createdAt")
    return row


url = urllib.parse.urlsplit(sys.argv[1])
with open(sys.argv[2], "w") as out:
    for node in rows(http.client.HTTPConnection(url.netloc)):
        out.write(json.dumps(flat(node)) + "\n")
    out.flush()
    os.fsync(out.fileno())
