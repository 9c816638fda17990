// Package nodebanner keeps jsii from printing a page about the end of life of Node 20, which still runs everything here.
//
// Import it for its effect. jsii copies the environment when its package is initialized, so the variable must be set
// before that. Go initializes packages in the order of their import paths as soon as their own imports are initialized:
// this package imports nothing but os, while jsii waits for os/exec, so this one always comes first. It must never
// import anything else.
package nodebanner

import "os"

const variable = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"

func init() {
	if _, set := os.LookupEnv(variable); !set {
		_ = os.Setenv(variable, "20")
	}
}
