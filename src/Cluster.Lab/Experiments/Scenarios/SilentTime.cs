using Cluster.Client;

namespace Cluster.Lab.Experiments.Scenarios;

/// <summary>
/// The time of a client that can be made silent, as if SIGSTOP had reached its process: its timers no longer fire, so it
/// sends no frame that renews its lease.
/// </summary>
internal sealed class SilentTime : TimeProvider
{
    private volatile bool _isSilent;

    public override long TimestampFrequency => BootTimeProvider.Instance.TimestampFrequency;

    public override long GetTimestamp() => BootTimeProvider.Instance.GetTimestamp();

    /// <summary>Makes the client silent.</summary>
    public void BeSilent() => _isSilent = true;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(
            given =>
            {
                if (!_isSilent) callback(given);
            },
            state, dueTime, period);
}
