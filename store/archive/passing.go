package archive

import "github.com/minio/minio-go/v7/pkg/lifecycle"

// Passing is the prefix of what serves for a day and is not locked. The bucket lets it expire after two: the engine itself may remove nothing. A
// bucket that was made otherwise needs the same rules (deploy/minio/lifecycle.json), or keeps some thousand empty objects of each busy day.
const Passing = "opened/"

// passes are those rules: in a bucket with versions an object that expires becomes an earlier version below a marker, and each has to go too.
func passes() *lifecycle.Configuration {
	filter := lifecycle.Filter{Prefix: Passing}
	return &lifecycle.Configuration{Rules: []lifecycle.Rule{
		{ID: "passing", Status: "Enabled", RuleFilter: filter, Expiration: lifecycle.Expiration{Days: 2},
			NoncurrentVersionExpiration: lifecycle.NoncurrentVersionExpiration{NoncurrentDays: 1}},
		{ID: "passing-markers", Status: "Enabled", RuleFilter: filter, Expiration: lifecycle.Expiration{DeleteMarker: true}},
	}}
}
