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
            Operation.MqOpen => MqueueCalls.OpenAsync(caller, request, cancelled),
            Operation.MqSend => MqueueCalls.SendAsync(caller, request, cancelled),
            Operation.MqReceive => MqueueCalls.ReceiveAsync(caller, request, cancelled),
            Operation.MqNotify => MqueueCalls.NotifyAsync(caller, request, cancelled),
            Operation.MqAwait => MqueueCalls.AwaitAsync(caller, request, cancelled),
            Operation.MqGetattr => MqueueCalls.GetAttributesAsync(caller, request, cancelled),
            Operation.MqSetattr => MqueueCalls.SetAttributesAsync(caller, request, cancelled),
            Operation.MqUnlink => MqueueCalls.UnlinkAsync(caller, request, cancelled),
            Operation.SemOpen => PosixSemaphoreCalls.OpenAsync(caller, request, cancelled),
            Operation.SemWait => PosixSemaphoreCalls.WaitAsync(caller, request, cancelled),
            Operation.SemPost => PosixSemaphoreCalls.PostAsync(caller, request, cancelled),
            Operation.SemGetvalue => PosixSemaphoreCalls.GetValueAsync(caller, request, cancelled),
            Operation.SemUnlink => PosixSemaphoreCalls.UnlinkAsync(caller, request, cancelled),
            Operation.Shmget => SharedMemoryCalls.GetAsync(caller, request, cancelled),
            Operation.Shmat => SharedMemoryCalls.AttachAsync(caller, request, byFork: false),
            Operation.Shmfork => SharedMemoryCalls.AttachAsync(caller, request, byFork: true),
            Operation.Shmdt => SharedMemoryCalls.DetachAsync(caller, request),
            Operation.Shmctl => SharedMemoryCalls.ControlAsync(caller, request, cancelled),
            Operation.File => KernelFiles.OpenAsync(caller, request, cancelled),
            Operation.Closed => FileCalls.ClosedAsync(caller, request),
            _ => ValueTask.FromResult(Answer.Fail(Errno.ENOSYS)),
        };
}
