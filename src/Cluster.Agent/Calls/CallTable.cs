using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>Which method makes which call.</summary>
internal static class CallTable
{
    /// <summary>Makes the call of a frame. Its payload is read before the first await.</summary>
    public static ValueTask<Answer> RunAsync(Caller caller, CallFrame request, CancellationToken cancelled) =>
        request.Operation switch
        {
            Operation.Msgget => MessageQueueCalls.GetAsync(caller, request, cancelled),
            Operation.Msgsnd => MessageQueueCalls.SendAsync(caller, request, cancelled),
            Operation.Msgrcv => MessageQueueCalls.ReceiveAsync(caller, request, cancelled),
            Operation.Msgctl => MessageQueueCalls.ControlAsync(caller, request, cancelled),
            Operation.Semget => SemaphoreSetCalls.GetAsync(caller, request, cancelled),
            Operation.Semop => SemaphoreSetCalls.OperateAsync(caller, request, cancelled),
            Operation.Semctl => SemaphoreSetCalls.ControlAsync(caller, request, cancelled),
            _ => ValueTask.FromResult(Answer.Fail(Errno.ENOSYS)),
        };
}
