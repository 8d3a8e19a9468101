using Akka.Configuration;
using Akka.Dispatch;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// Runs an actor in the thread that sends to it, if the actor is not running already: for actors that only pass on, and
/// never block. A hop to another thread costs more than all that they do. Named by <c>executor</c> of a dispatcher.
/// </summary>
/// <param name="config">The dispatcher's section.</param>
/// <param name="prerequisites">What a dispatcher needs.</param>
public sealed class InlineExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new InlineExecutor(id);

    private sealed class InlineExecutor(string id) : ExecutorService(id)
    {
        public override void Execute(IRunnable run) => run.Run();

        public override void Shutdown()
        {
            // There are no threads.
        }
    }
}
