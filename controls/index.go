package controls

import "github.com/securecdk/securecdk/controls/template"

// index holds what one evaluation has found out about how resources belong together. Each part is made when a control
// first asks for it.
type index struct {
	set      *template.Set
	names    *relation[string]             // buckets, by the key of their name
	policies *relation[*template.Resource] // bucket policies, by bucket
	loggers  *relation[*template.Resource] // buckets, by the bucket that receives their access logs
	writers  *relation[*template.Resource] // what lets someone put objects, by bucket
	edge     *relation[*template.Resource] // what has a function run at the edge, by function
}
