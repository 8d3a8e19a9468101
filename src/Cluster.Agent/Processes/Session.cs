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

    /// <summary>As <see cref="TakeAsync"/>; what is received goes back unless <see cref="Confirm"/> follows.</summary>
    public ValueTask<Grant> ReceiveAsync(
        Target target, Call body, string name, CancellationToken cancellationToken, TimeSpan? timeout = null,
        int ofPid = 0) => GrantAsync(
        new CallRequest(target, body, name, timeout, cancellationToken)
        {
            Soft = CallRequest.AnyErrno, DefersAck = true, Of = new Grant(null, ofPid),
        });

    /// <summary>The program has what a call took.</summary>
    public void Confirm(Target target, Grant grant) => _connection.Confirm(target, grant.Result!.Seq, grant.Pid);

    /// <summary>The program did not get what a call took: it goes back to its place.</summary>
    /// <param name="target">The object.</param>
    /// <param name="grant">The call.</param>
    /// <param name="back">The call that puts it back.</param>
    public async Task PutBackAsync(Target target, Grant grant, Call back)
    {
        try
        {
            await TakeAsync(target, back, "return", CancellationToken.None, ofPid: grant.Pid).ConfigureAwait(false);
            Confirm(target, grant);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended, and its end has put the message back.
        }
    }

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
