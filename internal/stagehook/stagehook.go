// Package stagehook lets an app have a say in each of its Stages before the Stage is synthesized.
//
// Aspects on an App do not enter Stages, and a CDK pipeline synthesizes a Stage in the moment it is added. Whatever is
// to look at a Stage (cdk-nag, for one) must be put on the Stage before that. secureapp registers what that is;
// securepipeline calls Run on each Stage when the Stage is complete and not yet added to the pipeline.
package stagehook

import (
	"fmt"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// contextKey is how a Stage finds the hook of its app: context is the one thing that every construct can read and that
// no other app in the same process shares.
const contextKey = "securecdk:stagehook"

var (
	mutex sync.Mutex
	next  int
	hooks = map[string]func(awscdk.Stage){}
)

// Register makes hook run for every Stage of the app that is made with the context entry returned. forget takes the hook
// out again when the app is done.
func Register(hook func(awscdk.Stage)) (key, value string, forget func()) {
	mutex.Lock()
	defer mutex.Unlock()
	next++
	value = fmt.Sprint(next)
	hooks[value] = hook
	return contextKey, value, func() {
		mutex.Lock()
		defer mutex.Unlock()
		delete(hooks, value)
	}
}

// Run calls the hook of the stage's app. It does nothing, and tells so by false, when the app has none. Calling it again
// for the same stage is harmless.
func Run(stage awscdk.Stage) bool {
	id, _ := stage.Node().TryGetContext(jsii.String(contextKey)).(string)
	mutex.Lock()
	hook := hooks[id]
	mutex.Unlock()
	if hook == nil {
		return false
	}
	hook(stage)
	return true
}
