using Pagewise.Architecture.Tests.Fixtures.Attic;

namespace Pagewise.Architecture.Tests.Fixtures.Cellar;

/// <summary>A low type that names a high one in an instruction only.</summary>
internal abstract class Shelf
{
    public abstract int Width { get; }

    public static object Reach() => new Trunk<int>();
}
