package listing

var approvalListing = Listing{
	Order: "status -lastReviewed",
	Filters: map[string]Filter{
		"ids": byID, "status": {equal, "status"},
		"approvingUserId":         {equal, "user.id"},
		"approvingOrganizationId": {equal, "organization.id"},
		"approvedAssertionId":     {equal, "assertion.id"},
	},
	Sorts: dateSorts,
}

var activityListing = Listing{
	Order: "-createdAt", Hidden: "automated",
	Filters: map[string]Filter{
		"userId":         {equal, "user.id"},
		"organization":   {organized, "organization"},
		"activityType":   {equal, "activityType"},
		"subjectType":    {equal, "subjectType"},
		"subject":        {about, ""},
		"occurredAfter":  {atLeast, "createdAt"},
		"occurredBefore": {atMost, "createdAt"},
	},
	Sorts: dateSorts,
}

var eventListing = Listing{
	Order: "-createdAt", Hidden: "automated",
	Filters: map[string]Filter{
		"ids":               byID,
		"eventType":         {equal, "action"},
		"originatingUserId": {equal, "originatingUser.id"},
		"organizationId":    {equal, "organization.id"},
		"subject":           {about, ""},
	},
	Sorts: dateSorts,
}

var commentListing = Listing{
	Order: "-createdAt",
	Filters: map[string]Filter{
		"ids": byID, "originatingUserId": {equal, "commenter.id"}, "subject": {about, "commentable.id"},
	},
	Sorts: dateSorts,
}

var flagListing = Listing{
	Order: "-createdAt",
	Filters: map[string]Filter{
		"ids": byID, "flaggingUserId": {equal, "flaggingUser.id"}, "resolvingUserId": {equal, "resolvingUser.id"},
		"state": {equal, "state"}, "flaggable": {about, "flaggable.id"},
	},
	Sorts: dateSorts,
}

var revisionListing = Listing{
	Order: "-createdAt",
	Filters: map[string]Filter{
		"ids": byID, "status": {equal, "status"}, "fieldName": {equal, "fieldName"},
		"originatingUserId": {equal, "creationActivity.user.id"},
		"resolvingUserId":   {equal, "resolutionActivity.user.id"},
		"revisionSetId":     {equal, "revisionSetId"},
		"subject":           {about, "subject.id"},
	},
	Sorts: map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "updatedAt"},
}

var revisionSetListing = Listing{
	Order: "-createdAt",
	Filters: map[string]Filter{
		"ids": byID, "id": byID, "status": {equal, "revisions.status"}, "fieldName": {equal, "revisions.fieldName"},
		"originatingUserId": {equal, "user.id"},
		"subjectType":       {equal, "subjectType"},
		"subject":           {about, "subject.id"},
	},
	Sorts: map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "updatedAt"},
}

var suggestionListing = Listing{
	Order: "-createdAt",
	Filters: map[string]Filter{
		"ids": byID, "status": {equal, "status"}, "sourceType": {equal, "source.sourceType"},
		"sourceId":    {equal, "source.id"},
		"submitterId": {equal, "user.id"}, "diseaseName": {contains, "disease.name"},
		"molecularProfileName": {contains, "molecularProfile.name"},
	},
	Sorts: map[string]string{"CREATED_AT": "createdAt", "DISEASE_NAME": "disease.name"},
}
