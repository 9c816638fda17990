package awsfake

import (
	"fmt"
	"sync"
)

// StackResources is what AWS CloudFormation says of the resources of one stack. It knows no other stack.
type StackResources struct {
	mutex     sync.Mutex
	stack     string
	resources map[string]map[string]any // by logical id
}

// NewStackResources serves DescribeStackResource for a stack of an id, which has no resources yet.
func NewStackResources(server *Server, stack string) *StackResources {
	s := &StackResources{stack: stack, resources: map[string]map[string]any{}}
	server.On("DescribeStackResource", s.describe)
	return s
}

// Set says what is told of a resource from now on.
func (s *StackResources) Set(logicalID, cfnType, status string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.resources[logicalID] = map[string]any{
		"StackId": s.stack, "LogicalResourceId": logicalID, "ResourceType": cfnType, "ResourceStatus": status, "LastUpdatedTimestamp": "2026-01-02T03:04:05Z",
	}
}

func (s *StackResources) describe(in Input) (any, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	stack, id := in.Text("StackName"), in.Text("LogicalResourceId")
	if stack != s.stack {
		return nil, &Error{Code: "ValidationError", Message: fmt.Sprintf("Stack '%s' does not exist", stack)}
	}
	if s.resources[id] == nil {
		return nil, &Error{Code: "ValidationError", Message: fmt.Sprintf("Resource %s does not exist for stack %s", id, stack)}
	}
	return map[string]any{"StackResourceDetail": s.resources[id]}, nil
}
