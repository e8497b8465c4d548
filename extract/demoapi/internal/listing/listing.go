// Package listing knows how each of the API's connections lists records: its own order with ties, its filters, its
// sort columns.
//
// It takes records and the arguments of a query, and gives tests of records and ordered lists. It never cuts pages and
// never writes JSON.
package listing

// Listing describes the connections of one name, at the root and inside records. Paths are field names joined by dots;
// they lead through lists and connections.
type Listing struct {
	Table   string            // the data set's table that the root connection lists; "": that of its own name
	Order   string            // the server's own order: paths, "-" before a descending one
	Hidden  string            // paths; the root leaves out records where one is true, or zero after "!"
	Status  string            // the argument with a default, which leaves records out
	Filters map[string]Filter // by argument
	Sorts   map[string]string // paths by column of sortBy
}

// Of returns the listing of a connection. One that is not known returns its records as they are and takes paging
// arguments only.
func Of(connection string) (l Listing, known bool) {
	l, known = listings[connection]
	if l.Table == "" {
		l.Table = connection
	}
	return l, known
}

// statusDefaults holds the default value of each Status argument.
var statusDefaults = map[string]string{"status": NonRejected, "evidenceStatusFilter": withEvidence}

// StatusDefault returns the value of the Status argument where a query does not give it.
func (l Listing) StatusDefault() string { return statusDefaults[l.Status] }

// IsDefault reports whether the value of an argument is the default of a Status argument.
func IsDefault(value any) bool { return value == NonRejected || value == withEvidence }

var dateSorts = map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "createdAt"}

// Filters that many connections have.
var (
	byID   = Filter{equal, "id"}
	byName = Filter{contains, "name"}
)

// listings holds what is known of the API's connections, by field name.
var listings = map[string]Listing{
	"evidenceItems":     evidenceListing,
	"assertions":        assertionListing,
	"molecularProfiles": profileListing,
	"variants":          variantListing,
	"genes":             featureListing,
	"factors":           featureListing,
	"fusions":           featureListing,
	"regions":           featureListing,
	"variantGroups": {
		Order:   "name",
		Filters: map[string]Filter{"ids": byID},
	},
	"variantTypes": {
		Order: "-variantCount id", Hidden: "!variantCount",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName, "soid": {equal, "soid"}},
		Sorts:   map[string]string{"NAME": "name", "SOID": "soid", "VARIANT_COUNT": "variantCount"},
	},
	"clinicalTrials": {
		Order: "-evidenceCount id", Hidden: "!sourceCount",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName, "nctId": {equal, "nctId"}},
		Sorts: map[string]string{"NAME": "name", "NCT_ID": "nctId", "EVIDENCE_ITEM_COUNT": "evidenceCount",
			"SOURCE_COUNT": "sourceCount"},
	},
	"diseases": {
		Order: "name", Hidden: "deprecated",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName, "doid": {equal, "doid"}},
	},
	"therapies": {
		Order: "name", Hidden: "deprecated",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName, "ncitId": {equal, "ncitId"},
			"therapyAlias": {contains, "therapyAliases"}, "hasLinkedEvidence": {positive, "evidenceCount"}},
	},
	"phenotypes": {
		Order:   "name",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName, "hpoId": {equal, "hpoId"}},
	},
	"organizations": {
		Order:   "name",
		Filters: map[string]Filter{"ids": byID, "id": byID, "name": byName},
	},
	"sources": {
		Order: "citationId", Hidden: "deprecated retracted",
		Filters: map[string]Filter{"ids": byID, "citationId": {equal, "citationId"}},
	},
	"users": {
		Order: "id",
		Filters: map[string]Filter{"ids": byID, "name": byName, "username": {contains, "username"}, "role": {equal, "role"},
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

	"browseDiseases":          browse("diseases", "-evidenceItemCount id", "deprecated"),
	"browseTherapies":         browse("therapies", "-evidenceCount id", "deprecated"),
	"browsePhenotypes":        browse("phenotypes", "-evidenceCount id", ""),
	"browseSources":           browse("sources", "-evidenceItemCount id", "deprecated retracted"),
	"browseOrganizations":     browse("organizations", "name", ""),
	"browseUsers":             browse("users", "id", ""),
	"browseVariantGroups":     browse("variantGroups", "name", ""),
	"browseVariants":          browse("variants", "-evidenceItemCount id", "deprecated"),
	"browseMolecularProfiles": browse("molecularProfiles", "-molecularProfileScore id", "deprecated"),
	"browseFeatures": {
		Table: "features", Order: "-variantCount id", Hidden: "deprecated",
		Filters: map[string]Filter{"ids": byID, "featureName": byName, "featureType": {equal, "featureType"}},
	},
}

// browse lists a table as the site's own pages do: by ids only.
func browse(table, order, hidden string) Listing {
	return Listing{
		Table: table, Order: order, Hidden: hidden,
		Filters: map[string]Filter{"ids": byID, "id": byID},
		Sorts:   map[string]string{"ID": "id", "NAME": "name"},
	}
}

// featureListing lists one kind of feature. The argument ids matches the kind's own ids, not those of the nodes.
var featureListing = Listing{
	Order: "name", Status: "evidenceStatusFilter",
	Filters: map[string]Filter{
		"ids": {equal, "featureInstanceId"}, "evidenceStatusFilter": {associated, ""},
		"entrezSymbols": {equal, "name"}, "entrezIds": {equal, "entrezId"}, "name": {equal, "name"},
		"ncitIt": {equal, "ncitId"},
	},
}
