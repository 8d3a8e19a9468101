using System.Security.Cryptography;
using Akka.Actor;
using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Sessions;

/// <content>
/// How a session begins. A new process: find the namespace, segment by segment; take a pid; start the process. A known
/// one: show the token. Both: subscribe to the limits along the namespace's path.
/// </content>
internal sealed partial class SessionActor
{
    private const int PathDepth = 32;

    // (uid_t)-1: where a call takes an id, it says "leave it as it is", so nobody can be it. credentials(7).
    private const uint NoId = uint.MaxValue;

    private readonly List<ulong> _path = []; // the numbers of the namespaces from "/" down
    private readonly Dictionary<ulong, IReadOnlyDictionary<string, long>> _limits = [];
    private long _openUntilMs = long.MaxValue;
    private bool _greeted;
    private ProcessStarted? _entering;
    private string[] _segments = [];

    private void OnHello(Received received)
    {
        var hello = received.Frame.Hello;
        if (_greeted || hello is null)
        {
            Leave(Errno.EPROTO, "the first frame has to be a hello, and the welcome has to be waited for");
            return;
        }

        _greeted = true;
        _openUntilMs = NowMs + (long)_options.OpenTimeout.TotalMilliseconds;
        switch (hello.WhoCase)
        {
            case Hello.WhoOneofCase.NewProcess:
                Begin(hello.NewProcess, received.Credentials ?? new Credentials { Uid = 65534, Gid = 65534 });
                break;
            case Hello.WhoOneofCase.KnownProcess:
                Attach(hello.KnownProcess);
                break;
            default:
                Leave(Errno.EPROTO, "the hello says neither new_process nor known_process");
                break;
        }
    }

    private void Begin(NewProcess wanted, Credentials credentials)
    {
        var leaseMs = wanted.LeaseMs == 0 ? Process.DefaultLeaseMs : wanted.LeaseMs;
        if (leaseMs is < Process.ShortestLeaseMs or > Process.LongestLeaseMs)
        {
            Leave(Errno.EINVAL,
                $"a lease of {leaseMs} ms: it has to be {Process.ShortestLeaseMs} to {Process.LongestLeaseMs} ms");
            return;
        }

        if (credentials.Uid == NoId || credentials.Gid == NoId || credentials.Groups.Contains(NoId))
        {
            Leave(Errno.EINVAL, $"uid, gid or group {NoId}: that is -1, which stands for no user and no group");
            return;
        }

        if (credentials.Groups.Count > Bounds.Groups)
        {
            Leave(Errno.EINVAL, $"{credentials.Groups.Count} groups: at most {Bounds.Groups} are allowed");
            return;
        }

        var path = wanted.Namespace.Length == 0 ? "/" : wanted.Namespace;
        if (!TrySplit(path))
        {
            Leave(Errno.EINVAL, $"namespace '{path}': it has to be a path such as / or /prod/payments");
            return;
        }

        _entering = new ProcessStarted
        {
            Credentials = credentials,
            NamespacePath = path,
            LeaseMs = leaseMs,
            Token = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
        };
        Enter(Namespace.Root, TakePid);
    }

    private void Attach(KnownProcess known)
    {
        var request = new Request
        {
            To = Process.KeyOf(known.Pid), AttachProcess = new AttachProcess { Token = known.Token },
        };
        _requests.Send(request, reply =>
        {
            switch ((Errno)reply.Errno)
            {
                case Errno.None when TrySplit(reply.Attached.Process.NamespacePath):
                    _entering = reply.Attached.Process;
                    foreach (var key in reply.Attached.Touched) Touched(key);
                    Enter(Namespace.Root, Welcome);
                    break;
                case Errno.EPERM:
                    Leave(Errno.EPERM, $"that is not the token of process {known.Pid}");
                    break;
                default:
                    Leave(Errno.ESRCH, $"there is no process {known.Pid} (any more)");
                    break;
            }
        });
    }

    // Its calls need not wait for the process again, which may be on the move as well.
    private void Touched(EntityKey key)
    {
        if (key.Namespace == _entering!.Namespace && key.Kind != Kind.Namespace)
            _touched.Add(new Target { Kind = key.Kind, Id = key.Id });
    }

    private bool TrySplit(string path)
    {
        if (!path.StartsWith('/')) return false;
        _segments = path == "/" ? [] : path[1..].Split('/');
        return _segments.Length <= PathDepth && _segments.All(Namespace.IsName);
    }

    // One namespace of the path: hear of its limits, then go to the next segment, or be there.
    private void Enter(ulong number, Action arrived)
    {
        var key = new EntityKey { Kind = Kind.Namespace, Namespace = number };
        _path.Add(number);
        _requests.Send(new Request { To = key, SubscribeLimits = new SubscribeLimits() }, reply =>
        {
            if (reply.Errno != 0) LeaveNoNamespace();
            else
            {
                _limits[number] = reply.OwnLimits.Limits;
                if (_path.Count > _segments.Length) arrived();
                else LookUp(key, _segments[_path.Count - 1], arrived);
            }
        });
    }

    private void LookUp(EntityKey parent, string name, Action arrived)
    {
        var lookup = new Request { To = parent, LookupChild = new LookupChild { Name = name } };
        _requests.Send(lookup, reply =>
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
        _requests.Send(allocate, _options.Pids, reply =>
        {
            if (reply.Errno != 0)
            {
                Leave((Errno)reply.Errno, "no pid is left");
                return;
            }

            _entering!.Pid = (int)reply.Allocated.First;
            _entering.Namespace = _path[^1];
            var start = new StartProcess { Process = _entering };
            _requests.Send(new Request { To = Process.KeyOf(_entering.Pid), StartProcess = start }, started =>
            {
                if (started.Errno == 0) Welcome();
                else Leave((Errno)started.Errno, "the process could not be started", retry: true);
            });
        });
    }

    private void Welcome()
    {
        var process = _entering!;
        if (_path[^1] != process.Namespace)
        {
            Leave(Errno.ESRCH, $"the namespace '{process.NamespacePath}' of process {process.Pid} was removed");
            return;
        }

        _process = Process.KeyOf(process.Pid);
        _leaseMs = process.LeaseMs;
        _renewedMs = NowMs;
        _stamp = new Stamp { Pid = process.Pid, Credentials = process.Credentials, Namespace = process.Namespace };
        _stamp.Limits = NamespaceLimits.Effective(_path.Select(number => _limits[number]));
        _isOpen = true;
        _output.TryWrite(new ServerFrame
        {
            Welcome = new Welcome
            {
                Pid = process.Pid,
                Token = process.Token,
                LeaseMs = process.LeaseMs,
                Credentials = process.Credentials,
                Namespace = process.NamespacePath,
                Node = _options.Gateway,
            },
        });
    }

    /// <summary>
    /// A namespace on the path tells its new limits. The stamp is replaced: entities may hold the old one.
    /// </summary>
    private void OnLimits(Reply reply)
    {
        if (reply.OwnLimits is null || !_path.Contains(reply.From.Namespace)) return;
        _limits[reply.From.Namespace] = reply.OwnLimits.Limits;
        if (!_isOpen) return;
        _stamp = _stamp.Clone();
        _stamp.Limits = NamespaceLimits.Effective(_path.Select(number => _limits[number]));
    }
}
