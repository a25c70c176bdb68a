using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel.Tests.Hardware;

public sealed class EventQueueTests : IAgent, IDisposable
{
    private readonly Clock _clock = new(new CostTable());
    private readonly EventQueue _events;
    private readonly int _agent;
    private readonly List<(int Argument, double AtNs)> _ran = [];

    public EventQueueTests()
    {
        _events = new EventQueue(_clock);
        _agent = _events.Register(this);
    }

    [Fact]
    public void AnIdleCpuTakesItsTimeToWakeUpABusyOneDoesNot()
    {
        var clock = new Clock(new CostTable { IdleExit = 100, Syscall = 1000 });
        using EventQueue events = new(clock);
        int agent = events.Register(this);
        events.Schedule(500, agent, 0);
        events.WaitForNext().ShouldBeTrue();
        clock.NowNs.ShouldBe(600);
        events.Schedule(1000, agent, 0);
        clock.SystemCalls++;
        events.RunDue();
        events.Count.ShouldBe(0);
        clock.NowNs.ShouldBe(1600);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EventsRunByMomentThenInTheOrderOfScheduling(int seed)
    {
        var random = new Random(seed);
        var expected = new List<(int Argument, double AtNs)>();
        for (int i = 0; i < 2000; i++)
        {
            double at = random.Next(200);
            _events.Schedule(at, _agent, i);
            expected.Add((i, at));
            if (random.Next(10) == 0)
            {
                int gone = random.Next(i + 1);
                _events.Cancel(_agent, gone).ShouldBe(expected.RemoveAll(one => one.Argument == gone));
            }
        }

        _events.WaitUntil(300);
        _ran.ShouldBe([.. expected.OrderBy(one => one.AtNs)]);
        _clock.NowNs.ShouldBe(300);
        _events.Count.ShouldBe(0);
    }

    [Fact]
    public void OnlyWhatIsDueRunsWithoutWaiting()
    {
        _events.Schedule(10, _agent, 1);
        _events.Schedule(0, _agent, 2);
        _events.RunDue();
        _ran.ShouldBe([(2, 0)]);
        _events.NextNs.ShouldBe(10);
        _events.WaitForNext().ShouldBeTrue();
        _ran.ShouldBe([(2, 0), (1, 10)]);
        _events.WaitForNext().ShouldBeFalse();
    }

    void IAgent.Run(int argument) => _ran.Add((argument, _clock.NowNs));

    public void Dispose() => _events.Dispose();
}
