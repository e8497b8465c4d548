package listing

var evidenceListing = Listing{
	Order: "evidenceLevel -evidenceRating id", Status: "status",
	Filters: map[string]Filter{
		"ids": byID, "id": byID, "status": {statusIs, "status"},
		"variantId":            {equal, "molecularProfile.variants.id"},
		"molecularProfileId":   {equal, "molecularProfile.id"},
		"molecularProfileName": {contains, "molecularProfile.name"},
		"assertionId":          {equal, "assertions.id"},
		"diseaseId":            {equal, "disease.id"},
		"diseaseName":          {contains, "disease.name"},
		"therapyId":            {equal, "therapies.id"},
		"therapyName":          {contains, "therapies.name"},
		"phenotypeId":          {equal, "phenotypes.id"},
		"sourceId":             {equal, "source.id"},
		"clinicalTrialId":      {equal, "source.clinicalTrials.id"},
		"description":          {contains, "description"},
		"evidenceLevel":        {equal, "evidenceLevel"},
		"evidenceType":         {equal, "evidenceType"},
		"evidenceDirection":    {equal, "evidenceDirection"},
		"evidenceRating":       {equal, "evidenceRating"},
		"significance":         {equal, "significance"},
		"variantOrigin":        {equal, "variantOrigin"},
		"userId":               {equal, "submissionEvent.originatingUser.id"},
		"organization":         {organized, "submissionEvent.organization"},
	},
	Sorts: map[string]string{
		"ID": "id", "DISEASE_NAME": "disease.name", "DESCRIPTION": "description", "EVIDENCE_LEVEL": "evidenceLevel",
		"EVIDENCE_RATING": "evidenceRating", "STATUS": "status", "EVIDENCE_TYPE": "evidenceType",
		"EVIDENCE_DIRECTION": "evidenceDirection", "SIGNIFICANCE": "significance", "VARIANT_ORIGIN": "variantOrigin",
	},
}

var assertionListing = Listing{
	Order: "-evidenceItemsCount", Status: "status",
	Filters: map[string]Filter{
		"ids": byID, "id": byID, "status": {statusIs, "status"},
		"variantId":            {equal, "molecularProfile.variants.id"},
		"variantName":          {contains, "molecularProfile.variants.name"},
		"molecularProfileId":   {equal, "molecularProfile.id"},
		"molecularProfileName": {contains, "molecularProfile.name"},
		"evidenceId":           {equal, "evidenceItems.id"},
		"diseaseId":            {equal, "disease.id"},
		"diseaseName":          {contains, "disease.name"},
		"therapyId":            {equal, "therapies.id"},
		"therapyName":          {contains, "therapies.name"},
		"phenotypeId":          {equal, "phenotypes.id"},
		"summary":              {contains, "summary"},
		"assertionType":        {equal, "assertionType"},
		"assertionDirection":   {equal, "assertionDirection"},
		"significance":         {equal, "significance"},
		"ampLevel":             {equal, "ampLevel"},
		"userId":               {equal, "submissionEvent.originatingUser.id"},
		"organization":         {organized, "submissionEvent.organization"},
	},
	Sorts: map[string]string{
		"ID": "id", "DISEASE_NAME": "disease.name", "SUMMARY": "summary", "STATUS": "status",
		"ASSERTION_TYPE":      "assertionType",
		"ASSERTION_DIRECTION": "assertionDirection", "SIGNIFICANCE": "significance", "AMP_LEVEL": "ampLevel",
		"EVIDENCE_ITEMS_COUNT": "evidenceItemsCount",
	},
}

var profileListing = Listing{
	Order: "-molecularProfileScore", Hidden: "deprecated", Status: "evidenceStatusFilter",
	Filters: map[string]Filter{
		"ids": byID, "name": byName, "evidenceStatusFilter": {associated, ""},
		"variantId":        {equal, "variants.id"},
		"featureId":        {equal, "variants.feature.id"},
		"alleleRegistryId": {equal, "variants.alleleRegistryId"},
	},
}

var variantListing = Listing{
	Order: "name", Hidden: "deprecated",
	Filters: map[string]Filter{
		"ids": byID, "name": byName,
		"featureId":        {equal, "feature.id"},
		"variantTypeIds":   {equal, "variantTypes.id"},
		"hasNoVariantType": {empty, "variantTypes.id"},
		"alleleRegistryId": {equal, "alleleRegistryId"},
		"category":         {equal, "category"},
	},
	Sorts: map[string]string{"NAME": "name", "COORDINATE_START": "coordinates.start",
		"COORDINATE_END": "coordinates.stop"},
}
