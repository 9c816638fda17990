//go:build securecdk_handlers

// Nobody sets the tag: this file is for the go command, which keeps what the functions import in the go.sum and the vendor
// folder of who uses a construct with functions, without linking it into their app.

package handler

import _ "github.com/securecdk/securecdk/lambda"
