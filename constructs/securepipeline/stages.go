package securepipeline

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/jsii-runtime-go"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/internal/fault"
	"github.com/securecdk/securecdk/internal/stagehook"
)

// addStages makes each stage, applies the guardrails to it, and adds it to the pipeline, which synthesizes it at once:
// whatever is to change in a stage has to change before.
func (p *Pipeline) addStages(s *settings) {
	for _, w := range s.waves {
		if w.name == "" {
			p.pipeline.AddStage(p.prepare(s, w.stages[0]))
			continue
		}
		group := p.pipeline.AddWave(&w.name, nil)
		for _, st := range w.stages {
			group.AddStage(p.prepare(s, st))
		}
	}
}

func (p *Pipeline) prepare(s *settings, st stage) (awscdk.Stage, *pipelines.AddStageOpts) {
	// Beside the pipeline's stack, not in it: so paths begin with the name of the stage, and so do exceptions' scopes.
	app := awscdk.Stage_Of(p)
	if app.Node().TryFindChild(&st.name) != nil {
		panic(fault.New(*p.Node().Path(), fmt.Sprintf("stage %q", st.name), "a name that a stack or stage of the app has already", "a name of its own", "rename one of them"))
	}
	made := awscdk.NewStage(app, &st.name, &awscdk.StageProps{Env: &awscdk.Environment{Account: &st.account, Region: &st.region}})
	st.Build(made)
	if len(*made.Node().Children()) == 0 {
		panic(fault.New(*p.Node().Path(), fmt.Sprintf("stage %q", st.name), "a stage without a stack", "at least one stack", "make one in its Build function, with the stage as scope"))
	}
	baseline := s.Baseline
	if st.Baseline != nil {
		baseline = st.Baseline
	}
	if baseline == nil {
		aspects.NewBaseline(nil).Verify(made) // what nobody fixes is reported all the same
	} else {
		baseline.ApplyTo(made)
	}
	stagehook.Run(made)
	p.stages = append(p.stages, made)
	before := p.before(s, st, made)
	after := p.steps(s, st.After, made)
	return made, &pipelines.AddStageOpts{Pre: &before, Post: &after}
}

// before orders what must pass: tests first, then the confirmation of broader permissions, then a person's approval.
func (p *Pipeline) before(s *settings, st stage, made awscdk.Stage) []pipelines.Step {
	all := p.steps(s, st.Before, made)
	if st.NoConfirmBroadeningReason == nil {
		all = inSequence(all, pipelines.NewConfirmPermissionsBroadening(jsii.String(confirmation+st.name), &pipelines.PermissionsBroadeningCheckProps{
			Stage: made, NotificationTopic: p.approvals,
		}))
	}
	if st.production && st.NoApprovalReason == nil {
		comment := fmt.Sprintf("Release %s to %s/%s", st.name, st.account, st.region)
		if st.ApprovalComment != nil {
			comment = *st.ApprovalComment
		}
		all = inSequence(all, pipelines.NewManualApprovalStep(jsii.String("Approve"+st.name), &pipelines.ManualApprovalStepProps{
			Comment: &comment, NotificationTopic: p.approvals,
		}))
	}
	return all
}

// inSequence adds a step that waits for all before it.
func inSequence(all []pipelines.Step, last pipelines.Step) []pipelines.Step {
	for _, step := range all {
		last.AddStepDependency(step)
	}
	return append(all, last)
}

func (p *Pipeline) steps(s *settings, props []*StepProps, made awscdk.Stage) []pipelines.Step {
	all := []pipelines.Step{}
	for _, step := range props {
		if step.Step != nil {
			all = append(all, step.Step)
			continue
		}
		all = append(all, pipelines.NewCodeBuildStep(step.Name, &pipelines.CodeBuildStepProps{
			Input:                p.source,
			Commands:             step.Commands,
			InstallCommands:      step.InstallCommands,
			Env:                  step.Env,
			EnvFromCfnOutputs:    p.outputs(step, made),
			RolePolicyStatements: step.RolePolicyStatements,
		}))
	}
	return all
}

// outputs finds the outputs that a step asks for by path.
func (p *Pipeline) outputs(step *StepProps, made awscdk.Stage) *map[string]awscdk.CfnOutput {
	if step.Outputs == nil {
		return nil
	}
	found := map[string]awscdk.CfnOutput{}
	for name, path := range *step.Outputs {
		node := made.Node()
		for _, id := range strings.Split(*path, "/") {
			child := node.TryFindChild(&id)
			if child == nil {
				panic(fault.New(*made.Node().Path(), fmt.Sprintf("step %q: Outputs[%q]", *step.Name, name), path, "the path of a CfnOutput below the stage", "there is no "+id+" below "+*node.Path()))
			}
			node = child.Node()
		}
		output, ok := node.Scope().Node().FindChild(node.Id()).(awscdk.CfnOutput)
		if !ok {
			panic(fault.New(*made.Node().Path(), fmt.Sprintf("step %q: Outputs[%q]", *step.Name, name), path, "the path of a CfnOutput", "name the output, not the resource"))
		}
		found[name] = output
	}
	return &found
}
