namespace Pagewise.Reports.Oom;

/// <summary>How fast a process grows.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Name">Its name.</param>
/// <param name="LeastBytesPerSecond">The least.</param>
/// <param name="BytesPerSecond">What is most likely.</param>
/// <param name="MostBytesPerSecond">The most.</param>
public sealed record OomForecastGrowth(int Pid, string Name, double LeastBytesPerSecond, double BytesPerSecond, double MostBytesPerSecond);
