namespace Cluster.Client;

/// <summary>
/// The registration of a process for the next message that arrives at an empty queue: mq_notify(3). Disposal removes it,
/// unless it was used.
/// </summary>
/// <example>
/// <code>
/// await using var registration = await queue.NotifyAsync(value: 7);
/// if (await registration.Notified is { } notification)
///     Console.WriteLine($"process {notification.SenderPid} has sent a message");
/// </code>
/// </example>
public interface IPosixQueueRegistration : IAsyncDisposable
{
    /// <summary>
    /// Completes when the registration is used; null: it was removed, because the process closed the queue or disposed
    /// of the registration. Of <see cref="NotifyMethod.None"/> it completes with null at once.
    /// </summary>
    Task<PosixNotification?> Notified { get; }
}

/// <summary>What a registered process hears of a message.</summary>
/// <param name="Value">sigev_value of the registration.</param>
/// <param name="SenderPid">si_pid: who sent the message.</param>
/// <param name="SenderUid">si_uid.</param>
public readonly record struct PosixNotification(long Value, int SenderPid, uint SenderUid);
