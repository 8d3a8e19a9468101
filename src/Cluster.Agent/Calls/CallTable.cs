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
            Operation.Msgcheck => MessageQueueCalls.CheckAsync(caller, request, cancelled),
            Operation.Semcount => SemaphoreSetCalls.CountAsync(caller, request, cancelled),
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
            Operation.MqPoll => MqueueCalls.PollAsync(caller, request),
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

    /// <summary>
    /// Complete when the calls that were made before on the object of a call are parked there, or answered: calls of one
    /// process on one object keep their order, so the answer of a later one that only reads says so.
    /// </summary>
    /// <param name="caller">Who has made the call.</param>
    /// <param name="operation">What the call is.</param>
    /// <param name="first">Its first argument.</param>
    public static async Task AfterEarlierCallsAsync(Caller caller, Operation operation, long first)
    {
        switch (operation)
        {
            case Operation.Msgsnd or Operation.Msgrcv:
                await MessageQueueCalls.Queues.CallAsync(
                    caller, (int)first, MessageQueueCalls.Stat(any: true), "msgctl", CancellationToken.None)
                    .ConfigureAwait(false);
                break;
            case Operation.Semop:
                await SemaphoreSetCalls.Sets.CallAsync(
                    caller, (int)first, SemaphoreSetCalls.Stat(any: true), "semctl", CancellationToken.None)
                    .ConfigureAwait(false);
                break;
            default:
                if (caller.Files.Find((ulong)first, caller.Uid, caller.Process) is { } file)
                    await FileCalls.CallAsync(
                        file, new Call { Description = new DescriptionCall { Stat = new DescriptionStat() } }, "fstat",
                        CancellationToken.None).ConfigureAwait(false);
                break;
        }
    }
}
