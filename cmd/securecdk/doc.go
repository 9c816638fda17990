// Command securecdk judges CloudFormation templates and CDK cloud assemblies by the catalogue of controls, in plain Go:
// no CDK, no Node, no AWS.
//
//	go install github.com/securecdk/securecdk/cmd/securecdk@latest
//	securecdk check cdk.out
//	securecdk check --format junit=report.xml --exceptions exceptions.yaml network.yaml data.yaml
//	securecdk controls show S3.TLS
//	securecdk exceptions check exceptions.yaml
//
// # Exit codes
//
//   - 0: what was asked for holds.
//   - 1: there are findings, or entries of the exception register that don't hold.
//   - 2: it could not be judged: a wrong flag, or a file that can't be read or parsed. Standard error says which file and
//     line, and what to do.
//
// # What is judged together
//
// The templates of a cloud assembly refer to each other and are judged together: those of all its stacks, nested stacks
// and Stages. A template file that an assembly names is judged in the context of the whole assembly, and only what is
// found in the file is reported; so is the folder of a Stage. Every other file, and standard input, is judged by itself:
// an import from another file is unknown. At most -j sets of templates are in memory at a time.
//
// The exception register is judged once, by all findings of a run. Where the run covers only some of an app's templates,
// as in a pre-commit hook, --partial keeps entries for the others from being called unused.
package main
