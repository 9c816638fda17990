// Package judge reads a synthesized cloud assembly and says what in it breaks the security requirements of this project.
//
// It is the second opinion: it shares no line with the controls that the library enforces, knows nothing of
// constructs, and looks only at the JSON that would be deployed. A mistake in the controls and the same mistake here
// would have to be made twice.
//
// Read follows manifest.json into every nested assembly (Stages) and every nested stack. Assembly.Judge returns the
// findings. The command test/judge prints them:
//
//	go run ./test/judge cdk.out
package judge
