package demoapi

var approvalListing = listing{
	table: func(d *data) []record { return every(d.log().approvals) },
	order: "status -lastReviewed",
	filters: map[string]filter{
		"ids": byID, "status": {equal, "status"},
		"approvingUserId":         {equal, "user.id"},
		"approvingOrganizationId": {equal, "organization.id"},
		"approvedAssertionId":     {equal, "assertion.id"},
	},
	sorts: dateSorts,
}

var activityListing = listing{
	table: func(d *data) []record { return every(d.log().acts) },
	order: "-createdAt", hidden: "automated",
	filters: map[string]filter{
		"userId":         {equal, "user.id"},
		"organization":   {organized, "organization"},
		"activityType":   {equal, "activityType"},
		"subjectType":    {equal, "subjectType"},
		"subject":        {about, ""},
		"occurredAfter":  {atLeast, "createdAt"},
		"occurredBefore": {atMost, "createdAt"},
	},
	sorts: dateSorts,
}

var eventListing = listing{
	table: func(d *data) []record {
		out := []record{}
		for i := range d.log().acts {
			out = append(out, event{&d.log().acts[i]})
		}
		return out
	},
	order: "-createdAt", hidden: "automated",
	filters: map[string]filter{
		"ids":               byID,
		"eventType":         {equal, "action"},
		"originatingUserId": {equal, "originatingUser.id"},
		"organizationId":    {equal, "organization.id"},
		"subject":           {about, ""},
	},
	sorts: dateSorts,
}

var commentListing = listing{
	table: func(d *data) []record { return every(d.log().comments) },
	order: "-createdAt",
	filters: map[string]filter{
		"ids": byID, "originatingUserId": {equal, "commenter.id"}, "subject": {about, "commentable.id"},
	},
	sorts: dateSorts,
}

var flagListing = listing{
	table: func(d *data) []record { return every(d.log().flags) },
	order: "-createdAt",
	filters: map[string]filter{
		"ids": byID, "flaggingUserId": {equal, "flaggingUser.id"}, "resolvingUserId": {equal, "resolvingUser.id"},
		"state": {equal, "state"}, "flaggable": {about, "flaggable.id"},
	},
	sorts: dateSorts,
}

var revisionListing = listing{
	table: func(d *data) []record { return every(d.log().revisions) },
	order: "-createdAt",
	filters: map[string]filter{
		"ids": byID, "status": {equal, "status"}, "fieldName": {equal, "fieldName"},
		"originatingUserId": {equal, "creationActivity.user.id"},
		"resolvingUserId":   {equal, "resolutionActivity.user.id"},
		"revisionSetId":     {equal, "revisionSetId"},
		"subject":           {about, "subject.id"},
	},
	sorts: map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "updatedAt"},
}

var revisionSetListing = listing{
	table: func(d *data) []record { return every(d.log().sets) },
	order: "-createdAt",
	filters: map[string]filter{
		"ids": byID, "id": byID, "status": {equal, "revisions.status"}, "fieldName": {equal, "revisions.fieldName"},
		"originatingUserId": {equal, "user.id"},
		"subjectType":       {equal, "subjectType"},
		"subject":           {about, "subject.id"},
	},
	sorts: map[string]string{"CREATED": "createdAt", "LAST_MODIFIED": "updatedAt"},
}

var suggestionListing = listing{
	table: func(d *data) []record { return every(d.log().suggestions) },
	order: "-createdAt",
	filters: map[string]filter{
		"ids": byID, "status": {equal, "status"}, "sourceType": {equal, "source.sourceType"}, "sourceId": {equal, "source.id"},
		"submitterId": {equal, "user.id"}, "diseaseName": {contains, "disease.name"},
		"molecularProfileName": {contains, "molecularProfile.name"},
	},
	sorts: map[string]string{"CREATED_AT": "createdAt", "DISEASE_NAME": "disease.name"},
}
