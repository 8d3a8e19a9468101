using Cluster.Client;
using Cluster.Client.Connection;
using Microsoft.Extensions.Logging;

namespace Cluster.Agent.Processes;

/// <summary>
/// A process of the cluster that stands for a Linux process with one set of credentials. It connects at its first call.
/// It makes the calls themselves rather than those of the client library: a program needs the errno of each.
/// </summary>
internal sealed class Session
{
    private readonly IpcConnection _connection;
    private readonly PidMap _pids;
    private readonly int _linuxPid;
    private readonly IpcClientOptions _options;
    private int _notedPid;

    public Session(IpcClientOptions options, PidMap pids, int linuxPid)
    {
        var own = options.Snapshot();
        var log = own.LoggerFactory.CreateLogger<Session>();
        var notifier = new StateNotifier(static _ => { }, log, own.TimeProvider);
        _connection = new IpcConnection(new GrpcTransport(own), own, notifier, log);
        (_pids, _linuxPid, _options) = (pids, linuxPid, options);
    }

    /// <summary>The pid in the cluster; 0: no call has been answered yet.</summary>
    public int ClusterPid => _connection.Process?.Pid ?? 0;

    /// <summary>Another process of the cluster for the same Linux process with the same credentials.</summary>
    public Session Another() => new(_options, _pids, _linuxPid);

    /// <summary>Makes a call. Every errno is an answer.</summary>
    /// <exception cref="IpcException">The process was lost, or could not be started: no answer has come.</exception>
    public async ValueTask<Result> CallAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        var call = _connection.Begin(new CallRequest(target, body, name, timeout, cancellationToken)
        {
            Soft = CallRequest.AnyErrno,
        });
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        NotePid();
        return result;
    }

    /// <summary>As <see cref="CallAsync"/>, with the process that made the call.</summary>
    public ValueTask<Grant> TakeAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, TimeSpan? timeout = null,
        int ofPid = 0) => GrantAsync(
        new CallRequest(target, body, name, timeout, cancellationToken)
        {
            Soft = CallRequest.AnyErrno, Of = new Grant(null, ofPid),
        });

    /// <summary>
    /// Receives a message. It goes back unless <see cref="Receipt.End"/> follows. The client can keep so many calls of one
    /// object back (Bounds.PendingPerTarget); a message of a further one is sent again instead.
    /// </summary>
    public async ValueTask<Receipt> ReceiveAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, TimeSpan? timeout = null,
        int ofPid = 0)
    {
        var request = new CallRequest(target, body, name, timeout, cancellationToken)
        {
            Soft = CallRequest.AnyErrno, Of = new Grant(null, ofPid),
        };
        var grant = await GrantAsync(request with { DefersAck = true }).ConfigureAwait(false);
        if ((Errno)grant.Result!.Errno != Errno.ENOBUFS)
            return new Receipt(this, target, grant, IsKeptBack: true);
        return new Receipt(
            this, target, await GrantAsync(request with { Body = body.Clone() }).ConfigureAwait(false), IsKeptBack: false);
    }

    /// <summary>The program has what a call took.</summary>
    internal void Confirm(Target target, Grant grant) => _connection.Confirm(target, grant.Result!.Seq, grant.Pid);

    /// <summary>Ends the process of the cluster: its undo is applied, its descriptions are closed.</summary>
    public ValueTask EndAsync() => _connection.DisposeAsync();

    private async ValueTask<Grant> GrantAsync(CallRequest request)
    {
        var call = _connection.Begin(request);
        var grant = await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
        NotePid();
        return grant;
    }

    // Before the first answer is sent: whoever asks for the last sender after it sees the pid of Linux.
    private void NotePid()
    {
        var pid = ClusterPid;
        if (pid == _notedPid || pid == 0)
            return;
        _pids.Add(pid, _linuxPid);
        _notedPid = pid;
    }
}
