SELECT __typename AS activity_type, subject.__typename AS subject_type, count(*) AS activities, len(list_distinct(list(subject.id))) AS records,
       len(list_distinct(list("user".id))) AS curators, CAST(max(createdAt) AS TIMESTAMPTZ) AS last_at
FROM activities
WHERE CAST(createdAt AS VARCHAR) >= '2025-05'
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2;
