package controls

import "github.com/securecdk/securecdk/controls/template"

// index holds what one evaluation has found out about how resources belong together.
type index struct {
	set *template.Set
}
