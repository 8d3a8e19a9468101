using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Sessions;

/// <content>
/// How a session begins. A new process: find the namespace, segment by segment; take a pid; start the process. A known
/// process: show the token. Both: have the node lease the limits of each namespace on the path.
/// </content>
public sealed partial class SessionCore
{
    private const int PathDepth = 32;

    // (uid_t)-1: where a call takes an id it means "leave it as it is", so nobody can be it. credentials(7).
    private const uint NoId = uint.MaxValue;

    private readonly ByteString _token;
    private readonly LimitsWatch _limits;
    private long _openUntilMs = long.MaxValue;
    private bool _isGreeted;
    private ProcessStarted? _entering;
    private string[] _segments = [];

    private void Greet(ClientFrame frame, Credentials? credentials)
    {
        if (_isGreeted || frame.Hello is not { } hello)
        {
            Leave(Errno.EPROTO, "the first frame has to be a hello, and the welcome has to be waited for");
            return;
        }

        _isGreeted = true;
        _openUntilMs = _nowMs + _settings.OpenTimeoutMs;
        switch (hello.WhoCase)
        {
            case Hello.WhoOneofCase.NewProcess:
                Begin(hello.NewProcess, credentials ?? new Credentials { Uid = Bounds.OverflowId, Gid = Bounds.OverflowId });
                break;
            case Hello.WhoOneofCase.KnownProcess:
                Reconnect(hello.KnownProcess, credentials);
                break;
            default:
                Leave(Errno.EPROTO, "the hello says neither new_process nor known_process");
                break;
        }
    }

    private void Begin(NewProcess wanted, Credentials credentials)
    {
        var leaseMs = wanted.LeaseMs == 0 ? Process.DefaultLeaseMs : wanted.LeaseMs;
        var path = wanted.Namespace.Length == 0 ? "/" : wanted.Namespace;
        if (WhyNot(leaseMs, credentials, path, wanted.Parent) is { } reason)
        {
            Leave(Errno.EINVAL, reason);
            return;
        }

        _entering = new ProcessStarted
        {
            Credentials = credentials, NamespacePath = path, LeaseMs = leaseMs, Token = _token,
        };
        if (wanted.Parent == 0) Enter(Namespace.Root, TakePid);
        else AskParent(wanted);
    }

    // fork(2): only the parent can have given the ticket, and a child has the user of its parent, unless that is root.
    private void AskParent(NewProcess wanted)
    {
        _entering!.Parent = wanted.Parent;
        var check = new CheckParent
        {
            Ticket = wanted.ParentTicket, Uid = _entering.Credentials.Uid, NamespacePath = _entering.NamespacePath,
        };
        _requests.Send(new Request { To = Process.KeyOf(wanted.Parent), CheckParent = check }, _nowMs, reply =>
        {
            switch ((Errno)reply.Errno)
            {
                case Errno.None:
                    Enter(Namespace.Root, TakePid);
                    break;
                case Errno.EPERM:
                    Leave(Errno.EPERM, $"process {wanted.Parent} has given no such ticket, or it has another user");
                    break;
                default:
                    Leave(Errno.ESRCH, $"there is no process {wanted.Parent} in '{_entering.NamespacePath}' to be the parent");
                    break;
            }
        });
    }

    private string? WhyNot(long leaseMs, Credentials credentials, string path, int parent)
    {
        if (leaseMs is < Process.ShortestLeaseMs or > Process.LongestLeaseMs)
            return $"a lease of {leaseMs} ms: it has to be {Process.ShortestLeaseMs} to {Process.LongestLeaseMs} ms";
        if (credentials.Uid == NoId || credentials.Gid == NoId || credentials.Groups.Contains(NoId))
            return $"uid, gid or group {NoId}: that is -1, which stands for no user and no group";
        if (credentials.Groups.Count > Bounds.Groups)
            return $"{credentials.Groups.Count} groups: at most {Bounds.Groups} are allowed";
        if (!TrySplit(path)) return $"namespace '{path}': it has to be a path such as / or /prod/payments";
        if (parent < 0) return $"parent {parent}: a pid is above 0";
        return null;
    }

    // Owner: whose the process has to be; null: anybody's.
    private void Reconnect(KnownProcess known, Credentials? owner)
    {
        var request = new Request
        {
            To = Process.KeyOf(known.Pid), AttachProcess = new AttachProcess { Token = known.Token, Gateway = _settings.Gateway },
        };
        _requests.Send(request, _nowMs, reply =>
        {
            switch ((Errno)reply.Errno)
            {
                case Errno.None when owner is not null && reply.Attached.Process.Credentials.Uid != owner.Uid:
                    Leave(Errno.EPERM, $"process {known.Pid} is one of user {reply.Attached.Process.Credentials.Uid}");
                    break;
                case Errno.None when TrySplit(reply.Attached.Process.NamespacePath):
                    _entering = reply.Attached.Process;
                    _isStopped = reply.Attached.Stopped;
                    foreach (var key in reply.Attached.Touched) Touched(key);
                    Enter(Namespace.Root, Welcome);
                    break;
                case Errno.EPERM:
                    Leave(Errno.EPERM, $"that is not the token of process {known.Pid}");
                    break;
                case Errno.ESRCH when reply.ProcessEnded is { Signal: not 0 } killed:
                    LeaveKilled(killed.Signal);
                    break;
                default:
                    Leave(Errno.ESRCH, $"there is no process {known.Pid} (any more)");
                    break;
            }
        });
    }

    // The process entity may be moving to another node too. Calls on an object that it has registered already need not
    // wait for it.
    private void Touched(EntityKey key)
    {
        if (key.Kind == Kind.Process || (key.Namespace == _entering!.Namespace && key.Kind != Kind.Namespace))
            _touched.Add(new Target { Kind = key.Kind, Id = key.Id });
    }

    private bool TrySplit(string path)
    {
        if (!path.StartsWith('/')) return false;
        _segments = path == "/" ? [] : path[1..].Split('/');
        return _segments.Length <= PathDepth && _segments.All(Namespace.IsName);
    }

    // One namespace of the path: have the node lease its limits, then go on to the next segment or arrive.
    private void Enter(ulong number, Action arrived)
    {
        _limits.Add(number);
        _requests.Send(_limits.Ask(number), _nowMs, reply =>
        {
            _limits.Answered(number);
            if (reply.Errno != 0) LeaveNoNamespace();
            else if (_limits.Depth > _segments.Length) arrived();
            else LookUp(number, _segments[_limits.Depth - 1], arrived);
        });
    }

    private void LookUp(ulong parent, string name, Action arrived)
    {
        var key = new EntityKey { Kind = Kind.Namespace, Namespace = parent };
        _requests.Send(new Request { To = key, LookupChild = new LookupChild { Name = name } }, _nowMs, reply =>
        {
            if (reply.Errno != 0) LeaveNoNamespace();
            else Enter(reply.LookedUp.Number, arrived);
        });
    }

    private void LeaveNoNamespace() =>
        Leave(Errno.ENOENT, $"there is no namespace '{_entering!.NamespacePath}'");

    private void TakePid()
    {
        var allocate = new Request { To = Allocator.KeyOf(Kind.Process), Allocate = new Allocate { Count = 1 } };
        _requests.Send(allocate, _nowMs, reply =>
        {
            if (reply.Errno == 0) Start((int)reply.Allocated.First);
            else Leave((Errno)reply.Errno, "no pid is left");
        });
    }

    private void Start(int pid)
    {
        _entering!.Pid = pid;
        _entering.Namespace = _limits.Last;
        var start = new Request
        {
            To = Process.KeyOf(pid), StartProcess = new StartProcess { Process = _entering, Gateway = _settings.Gateway },
        };
        _requests.Send(start, _nowMs, started =>
        {
            if (started.Errno == 0) Welcome();
            else if (started.Errno == (int)Errno.EAGAIN) Leave(Errno.EAGAIN, $"process {_entering.Parent} has too many children");
            else Leave((Errno)started.Errno, "the process could not be started", retry: true);
        });
    }

    private void Welcome()
    {
        var process = _entering!;
        if (_limits.Last != process.Namespace)
        {
            Leave(Errno.ESRCH, $"the namespace '{process.NamespacePath}' of process {process.Pid} was removed");
            return;
        }

        _process = Process.KeyOf(process.Pid);
        _leaseMs = process.LeaseMs;
        _renewedMs = _nowMs;
        _stamp = new Stamp { Pid = process.Pid, Credentials = process.Credentials, Namespace = process.Namespace };
        _stamp.Limits = _limits.TakeEffective();
        IsOpen = true;
        Write(new ServerFrame
        {
            Welcome = new Welcome
            {
                Pid = process.Pid,
                Token = process.Token,
                LeaseMs = process.LeaseMs,
                Credentials = process.Credentials,
                Namespace = process.NamespacePath,
                Node = _settings.Gateway,
                Gateways = { _gateways },
            },
        });
    }

    // A new stamp, because submits that are under way refer to the old one.
    private void StampAnew()
    {
        _stamp = _stamp.Clone();
        _stamp.Limits = _limits.TakeEffective();
    }
}
