using Akka.Configuration;
using Akka.Dispatch;

namespace Cluster.Actors.Dispatch;

/// <summary>
/// Runs an actor on the thread that sends to it, unless the actor is already running. For actors that only pass
/// messages on and never block: a switch to another thread would cost more than their work. Named by <c>executor</c> of
/// a dispatcher.
/// </summary>
/// <param name="config">The dispatcher's section.</param>
/// <param name="prerequisites">The parameter of the base class.</param>
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
