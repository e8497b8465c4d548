package demoapi

// listing is what the server does with the connections of one name, at the
// root and inside records: its own order, its filters, its sort columns. Paths
// are field names joined by dots, read through lists and connections.
type listing struct {
	table  func(d *data) []record // what the root connection lists; nil if it is none
	order  string                 // the server's own order: paths, "-" before a descending one; ties are open
	hidden string                 // path that is true for records the root leaves out unless asked
	status string                 // the default filter on status, see statusFilter
	// filters by argument, sorts by column of sortBy.
	filters map[string]filter
	sorts   map[string]string
}

var dateSorts = map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "createdAt"}

// filters that many connections have.
var (
	byID   = filter{equal, "id"}
	byName = filter{contains, "name"}
)

// listings says, by field name, how the API's connections behave. What is not
// here pages through what its record gives and takes no other argument.
var listings = map[string]listing{
	"evidenceItems":     evidenceListing,
	"assertions":        assertionListing,
	"molecularProfiles": profileListing,
	"variants":          variantListing,
	"genes":             featuresOf(geneFeature),
	"factors":           featuresOf(factorFeature),
	"fusions":           featuresOf(fusionFeature),
	"regions":           featuresOf(regionFeature),
	"variantGroups": {
		table: func(d *data) []record { return every(d.groups) }, order: "name",
		filters: map[string]filter{"ids": byID},
	},
	"variantTypes": {
		table: func(d *data) []record { return every(d.types) }, order: "-variantCount id", hidden: "!variantCount",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName, "soid": {equal, "soid"}},
		sorts:   map[string]string{"NAME": "name", "SOID": "soid", "VARIANT_COUNT": "variantCount"},
	},
	"clinicalTrials": {
		table: func(d *data) []record { return every(d.trials) }, order: "-evidenceCount id", hidden: "!sourceCount",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName, "nctId": {equal, "nctId"}},
		sorts:   map[string]string{"NAME": "name", "NCT_ID": "nctId", "EVIDENCE_ITEM_COUNT": "evidenceCount", "SOURCE_COUNT": "sourceCount"},
	},
	"diseases": {
		table: func(d *data) []record { return every(d.diseases) }, order: "name", hidden: "deprecated",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName, "doid": {equal, "doid"}},
	},
	"therapies": {
		table: func(d *data) []record { return every(d.therapies) }, order: "name", hidden: "deprecated",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName, "ncitId": {equal, "ncitId"},
			"therapyAlias": {contains, "therapyAliases"}, "hasLinkedEvidence": {positive, "evidenceCount"}},
	},
	"phenotypes": {
		table: func(d *data) []record { return every(d.phenotypes) }, order: "name",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName, "hpoId": {equal, "hpoId"}},
	},
	"organizations": {
		table: func(d *data) []record { return every(d.orgs) }, order: "name",
		filters: map[string]filter{"ids": byID, "id": byID, "name": byName},
	},
	"sources": {
		table: func(d *data) []record { return every(d.sources) }, order: "citationId", hidden: "deprecated retracted",
		filters: map[string]filter{"ids": byID, "citationId": {equal, "citationId"}},
	},
	"users": {
		table: func(d *data) []record { return every(d.users) }, order: "id",
		filters: map[string]filter{"ids": byID, "name": byName, "username": {contains, "username"}, "role": {equal, "role"},
			"organization": {organized, "organizations"}},
	},
	"approvals":         approvalListing,
	"activities":        activityListing,
	"events":            eventListing,
	"comments":          commentListing,
	"flags":             flagListing,
	"revisions":         revisionListing,
	"revisionSets":      revisionSetListing,
	"sourceSuggestions": suggestionListing,

	"browseDiseases":          browse("diseases", "-evidenceItemCount id"),
	"browseTherapies":         browse("therapies", "-evidenceCount id"),
	"browsePhenotypes":        browse("phenotypes", "-evidenceCount id"),
	"browseSources":           browse("sources", "-evidenceItemCount id"),
	"browseOrganizations":     browse("organizations", "name"),
	"browseUsers":             browse("users", "id"),
	"browseVariantGroups":     browse("variantGroups", "name"),
	"browseVariants":          browse("variants", "-evidenceItemCount id"),
	"browseMolecularProfiles": browse("molecularProfiles", "-molecularProfileScore id"),
	"browseFeatures": {
		table: func(d *data) []record { return every(d.features) }, order: "-variantCount id", hidden: "deprecated",
		filters: map[string]filter{"ids": byID, "featureName": byName, "featureType": {equal, "featureType"}},
	},
}

// browse lists what another connection lists, as the site's tables do: by ids
// only, deprecated records left out.
func browse(name, order string) listing {
	tables := map[string]listing{
		"diseases":          {table: func(d *data) []record { return every(d.diseases) }, hidden: "deprecated"},
		"therapies":         {table: func(d *data) []record { return every(d.therapies) }, hidden: "deprecated"},
		"phenotypes":        {table: func(d *data) []record { return every(d.phenotypes) }},
		"sources":           {table: func(d *data) []record { return every(d.sources) }, hidden: "deprecated retracted"},
		"organizations":     {table: func(d *data) []record { return every(d.orgs) }},
		"users":             {table: func(d *data) []record { return every(d.users) }},
		"variantGroups":     {table: func(d *data) []record { return every(d.groups) }},
		"variants":          variantListing,
		"molecularProfiles": profileListing,
	}
	l := tables[name]
	return listing{table: l.table, order: order, hidden: l.hidden, filters: map[string]filter{"ids": byID, "id": byID}, sorts: map[string]string{"ID": "id", "NAME": "name"}}
}

// featuresOf lists one kind of feature. Their `ids` match the kind's own ids,
// not those of the nodes.
func featuresOf(kind uint8) listing {
	return listing{
		table: func(d *data) []record {
			out := []record{}
			for i := range d.features {
				if d.features[i].kind == kind {
					out = append(out, &d.features[i])
				}
			}
			return out
		},
		order: "name", status: "evidenceStatusFilter",
		filters: map[string]filter{
			"ids": {equal, "featureInstanceId"}, "evidenceStatusFilter": {associated, ""},
			"entrezSymbols": {equal, "name"}, "entrezIds": {equal, "entrezId"}, "name": {equal, "name"}, "ncitIt": {equal, "ncitId"},
		},
	}
}
