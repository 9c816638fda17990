package controls

import "github.com/securecdk/securecdk/controls/template"

// index holds what one evaluation has found out about how resources belong together. Each part is made when a control
// first asks for it.
type index struct {
	set      *template.Set
	names    map[string][]*template.Resource           // buckets by the key of their name
	policies *relation                                 // bucket policies, by bucket
	loggers  *relation                                 // buckets, by the bucket that receives their access logs
	writers  map[*template.Resource]*template.Resource // an identity policy that lets someone put objects, by bucket
	edge     *edge
}
