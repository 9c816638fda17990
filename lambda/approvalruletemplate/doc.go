// Package approvalruletemplate is the function behind the custom resource Custom::ApprovalRuleTemplate: an AWS CodeCommit
// approval rule template and its associations with repositories, for which CloudFormation has no type of its own.
//
// A template belongs to one resource of one stack. The last line of its description says to which, and what says
// otherwise, or nothing, is never adopted or deleted. The physical id is the template's id, because a name can change.
//
// Of an event is believed what CloudFormation confirms: that it is at work on this resource of the function's own stack. An
// event that somebody else wrote is answered by a failure, and the log says ForgedEvent. What IAM refuses is tried again for
// a minute, since a policy that the same deployment changed takes effect within seconds.
//
// Every event may come more than once, so each one compares what is there with what is wanted and does the rest:
//
//	Create  makes the template, or goes on with the one that an earlier delivery made, and associates it
//	Update  name, description and content, then associates what is missing, and only then takes away what the stack no
//	        longer names; what others associated stays
//	Delete  refuses while others associate the template, since they would lose their protection; else takes it away
//
// The function's role needs, on *, since templates are no resources to IAM: codecommit:CreateApprovalRuleTemplate,
// GetApprovalRuleTemplate, ListApprovalRuleTemplates, ListRepositoriesForApprovalRuleTemplate,
// UpdateApprovalRuleTemplateName, UpdateApprovalRuleTemplateDescription, UpdateApprovalRuleTemplateContent and
// DeleteApprovalRuleTemplate; and on each repository that the resource names or named before:
// BatchAssociateApprovalRuleTemplateWithRepositories and BatchDisassociateApprovalRuleTemplateFromRepositories; and on its stack
// cloudformation:DescribeStackResource.
//
// Sources: AWS CodeCommit User Guide, "Working with approval rule templates"; AWS CloudFormation User Guide, "Custom
// resource request and response reference"; AWS CloudFormation API Reference, "DescribeStackResource"; Service Authorization
// Reference, "Actions, resources, and condition keys for AWS CodeCommit".
package approvalruletemplate
